"""The folder that `catenary run` puts on PYTHONPATH, for the `sitecustomize` that it holds.

It may call `standin` and `legacy`; called by Python itself, when an interpreter starts.
"""
