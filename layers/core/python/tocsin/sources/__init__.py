"""What other systems send, one module a system: from their format to what a ticket needs. Read leniently."""
