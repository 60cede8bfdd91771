"""Known mistakes, put into the product one at a time: each must be found within the seeds of a pull request."""
