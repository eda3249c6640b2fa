from . import test_reach_out
from . import test_special_pricing
from . import test_special_pricing_bulk
from . import test_special_pricing_calls
from . import test_special_pricing_portal
from . import test_special_pricing_review
from . import test_special_pricing_security
from . import test_tours
