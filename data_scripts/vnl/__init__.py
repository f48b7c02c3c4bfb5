"""The public VNL-STES download, checked and brought into the course's layout; `prepare_vnl.py` is the command.

`labels` reads its JSON, `media` finds and counts its frames, `output` writes the data set, `counts` compares it with
what is published, `findings` collects what is odd but not wrong.
"""
