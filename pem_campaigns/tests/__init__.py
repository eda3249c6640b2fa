from . import test_attributes
from . import test_engine
from . import test_flow
from . import test_forms
from . import test_launch
from . import test_process
from . import test_review
from . import test_target_groups
