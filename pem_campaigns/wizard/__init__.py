from . import pem_task_decision
