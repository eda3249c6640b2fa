from . import pem_special_pricing_offer
