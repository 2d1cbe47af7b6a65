# SPDX-License-Identifier: Apache-2.0
"""The case runner: ``python -m npuhal.run CASE_DIR --backend a2a3-sim``.

A case is a folder with kernel sources and a ``golden.py``, which makes the inputs and computes the expected outputs.
The runner compiles the kernel, runs it, compares every output, and cleans up after any failure. See
docs/case-runner.md.
"""
