"""The site's search: English by its stems, Chinese by overlapping pairs of characters, in every edition of the book.

Chinese writes no spaces, and a list of words never knows a field's terms. Pairs need no list: 后验坍塌 is indexed and
looked up as 后验, 验坍, 坍塌. A single character is indexed too, for 熵 is a word.
"""

import re

from sphinx.search.en import SearchEnglish

HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
CHINESE = re.compile(rf"[{HAN}]")
RUN = re.compile(rf"[{HAN}]+|[^\W{HAN}]+")


class PairsOfCharacters(SearchEnglish):
    """English words as Sphinx splits them, Chinese ones in pairs, in the index and in the reader's question."""

    js_splitter_code = rf"""
var splitQuery = (query) => {{
  const runs = query.match(/[{HAN}]+|(?:(?![{HAN}])[\p{{Letter}}\p{{Number}}_\p{{Emoji_Presentation}}])+/gu) || [];
  const pairs = (run) => [...run].slice(1).map((sign, i) => run[i] + sign);
  return runs.flatMap((run) => /^[{HAN}]{{3}}/.test(run) ? pairs(run) : [run]);
}};
"""

    def split(self, input: str) -> list[str]:
        """Return the words of a text; a run of Chinese gives its characters and its pairs."""
        return [word for run in RUN.findall(input) for word in (_pieces(run) if CHINESE.match(run) else [run])]


def _pieces(run: str) -> list[str]:
    return [*run, *(run[i : i + 2] for i in range(len(run) - 1))]
