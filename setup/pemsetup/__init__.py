"""What stands behind setup/run, setup/test, setup/odoo and setup/bench.

Everything lives in the project's ``.odoo`` folder: Odoo itself, a virtual environment, two private PostgreSQL
clusters, databases and logs. Deleting that folder is a clean uninstall.

Two stages. The modules that `install` imports use the standard library only, and run on whatever ``python3`` the
machine has. The commands themselves (`run`, `suite`, `bench`) run on the virtual environment's Python, where psycopg2
and Odoo can be imported.
"""
