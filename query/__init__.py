"""Questions: text becomes a plan, a plan becomes SQL, SQL becomes rows."""
