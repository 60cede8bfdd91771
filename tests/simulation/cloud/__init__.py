"""An AWS in memory: what the functions use of it, as AWS documents it. It answers as botocore's clients do."""
