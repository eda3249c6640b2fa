def migrate(cr, version):
    """A column of a table may be called like a question beside it, so names are unique within either."""
    cr.execute("ALTER TABLE pem_form_field DROP CONSTRAINT IF EXISTS pem_form_field_name_unique")
