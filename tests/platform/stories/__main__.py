"""Runs the stories, or those that are named: `python -m stories [test_live ...]`."""

import os
import secrets
import sys
import unittest

import django

from . import postgres

os.environ["DJANGO_SETTINGS_MODULE"] = "market.settings"
os.environ["PLATFORM_SECRET"] = secrets.token_hex(32)
postgres.start()
django.setup()

names = [f"stories.{name}" for name in sys.argv[1:]]
loader = unittest.TestLoader()
stories = (
    loader.loadTestsFromNames(names) if names else loader.discover("stories", top_level_dir=".")
)
result = unittest.TextTestRunner(verbosity=2).run(stories)
sys.exit(not result.wasSuccessful())
