#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""validate.py SCHEMA: checks the JSON on standard input. A duplicate key is an error."""
import json
import sys

import jsonschema


def without_duplicates(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError(f"duplicate key among {keys}")
    return dict(pairs)


with open(sys.argv[1], encoding="utf-8") as schema:
    jsonschema.validate(json.load(sys.stdin, object_pairs_hook=without_duplicates), json.load(schema))
