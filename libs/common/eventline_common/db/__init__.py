"""PostgreSQL: connections and the schema's history."""
