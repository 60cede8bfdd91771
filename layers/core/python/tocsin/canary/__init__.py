"""The canary: a customer of our own that is paged every minute, so that we hear it when nobody can be paged any more.

It uses what customers use: the HTTPS API, pages, the links in them. Its pages go into a queue, the sink, where it
reads them; its company, its people and their channel are made by itself over the API.
"""
