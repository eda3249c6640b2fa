from . import pem_demo
