"""Pure rules, free of the ORM: what partners' files say, and what a claim is worth.

Nothing here imports Odoo, so that it can be tested, and used, without a database.
"""
from . import records
from . import edi
from . import edi_lines
from . import x12_867
from . import edifact_slsrpt
from . import x12_response
from . import values
from . import headings
from . import mapping
from . import csv_rows
from . import xlsx_rows
from . import files
from . import claim_facts
from . import claim_rules
from . import claim_decision
