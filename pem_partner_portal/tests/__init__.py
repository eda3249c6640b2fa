from . import test_files
from . import test_form
from . import test_in_tray
from . import test_languages
from . import test_links
from . import test_reach_out
from . import test_routes
from . import test_vectors
