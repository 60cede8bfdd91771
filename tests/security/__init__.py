"""What strangers, other companies and nonsense get to see: the whole API, from the gateway on, with two tenants."""
