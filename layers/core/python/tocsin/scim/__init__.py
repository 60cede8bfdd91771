"""SCIM 2.0, by which a company's identity provider keeps its users (RFC 7643, RFC 7644): what is said, and how."""
