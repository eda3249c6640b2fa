from . import pem_campaign_start
from . import pem_case_rollback
from . import pem_exchange_export
from . import pem_exchange_import
from . import pem_process_comparison
from . import pem_reach_out
from . import pem_task_decision
from . import pem_task_handover
