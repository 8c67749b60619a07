"""What is made from the schemas of the binary protocol: its reference, a dissector for tshark, a header for C.

``python -m gateways.binary.schema`` renews all of them, ``--check`` tells whether they are current.

* :mod:`model` — a schema as this package sees it
* :mod:`reader` — SBE 1.0 XML → model
* :mod:`compatibility` — what a newer schema must not have changed
* :mod:`markdown`, :mod:`lua`, :mod:`c_header` — model → text
* :mod:`artifacts` — which files are made of which schema
"""
