from . import pem_demo
from . import pem_demo_claims
from . import pem_demo_pos
