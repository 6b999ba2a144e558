"""Every block of code in docs/django.md is a part of a file that these stories run."""

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BLOCK = re.compile(r"^<!-- (?P<file>\S+) -->\n```\w*\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


class DocumentTest(unittest.TestCase):
    def test_blocks_are_parts_of_files(self):
        page = (ROOT / "docs/django.md").read_text()
        blocks = list(BLOCK.finditer(page))
        self.assertEqual(page.count("\n```"), 2 * len(blocks), "each block names its file")
        for block in blocks:
            with self.subTest(block["text"][:60]):
                self.assertIn(block["text"], (ROOT / block["file"]).read_text())
