"""What programs of 2019 take for granted and today's Python and NumPy lack.

`gone` says what is gone and what to write instead, `supplying` supplies it, `startup` does so in
every interpreter that `catenary run` starts; `modules` holds stand-ins for modules that are gone.
It may call `standin`; called by the command line, and by Python itself when it starts.
"""
