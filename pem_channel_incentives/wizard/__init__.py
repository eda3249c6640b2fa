from . import pem_special_pricing_offer
from . import pem_pos_fix
from . import pem_claim_override
