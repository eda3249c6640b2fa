from . import pem_case_audit
