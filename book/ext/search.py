"""The site's search: English by its stems in both spellings, Chinese by overlapping pairs of characters.

Before a word is stemmed, in the index and in the reader's question alike, its spelling is made American: the book
writes `reparameterisation` and `colour`, papers `reparametrization` and `color`. The rules change other words too
("noise" becomes "noize"); that is harmless, since both sides change.

Chinese writes no spaces, and a list of words never knows a field's terms. Pairs need no list: 后验坍塌 is indexed and
looked up as 后验, 验坍, 坍塌. A single character is indexed too, for 熵 is a word.
"""

import json
import re

from sphinx.search.en import SearchEnglish

HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
CHINESE = re.compile(rf"[{HAN}]")
RUN = re.compile(rf"[{HAN}]+|[^\W{HAN}]+")

SPELLINGS = (
    (r"parametri([sz])", r"parameteri\1"),
    (r"is(e|ed|es|er|ers|ing|able|ation|ations|ational)$", r"iz\1"),
    (r"ys(e|ed|er|ers|ing)$", r"yz\1"),
    (r"^(.{2,})our(s|ed|ing|al|ful|less|able|hood|ly|ist)?$", r"\1or\2"),
    (r"^(.{2,}[tb])re(s?)$", r"\1er\2"),
    (r"^(.{2,}[tb])r(ed|ing)$", r"\1er\2"),
    (r"^(def|off|lic|pret)ence", r"\1ense"),
    (r"ogue(s?)$", r"og\1"),
    (r"^programme(s?)$", r"program\1"),
    (r"^grey", "gray"),
    (r"^artef", "artif"),
    (r"judgement", "judgment"),
)


def spelled(word: str) -> str:
    """Return the American spelling of a word in small letters."""
    for pattern, replacement in SPELLINGS:
        word = re.sub(pattern, replacement, word)
    return word


class CourseWords(SearchEnglish):
    """English words by their stems in one spelling, Chinese ones in pairs, in the index and in the question."""

    js_stemmer_code = f"""{SearchEnglish.js_stemmer_code}
const SPELLINGS = {json.dumps([(pattern, new.replace(chr(92), "$")) for pattern, new in SPELLINGS])}
  .map(([pattern, replacement]) => [new RegExp(pattern), replacement]);
const spelled = (word) => SPELLINGS.reduce((now, [pattern, replacement]) => now.replace(pattern, replacement), word);
Stemmer = ((Porter) => function () {{
  const porter = new Porter();
  this.stemWord = (word) => porter.stemWord(spelled(word));
}})(Stemmer);
"""
    js_splitter_code = rf"""
var splitQuery = (query) => {{
  const runs = query.match(/[{HAN}]+|(?:(?![{HAN}])[\p{{Letter}}\p{{Number}}_\p{{Emoji_Presentation}}])+/gu) || [];
  const pairs = (run) => [...run].slice(1).map((sign, i) => run[i] + sign);
  return runs.flatMap((run) => /^[{HAN}]{{3}}/.test(run) ? pairs(run) : [run]);
}};
"""

    def stem(self, word: str) -> str:
        """Return the stem of a word, whichever way it is spelled."""
        return super().stem(spelled(word.lower()))

    def split(self, input: str) -> list[str]:
        """Return the words of a text; a run of Chinese gives its characters and its pairs."""
        return [word for run in RUN.findall(input) for word in (_pieces(run) if CHINESE.match(run) else [run])]


def _pieces(run: str) -> list[str]:
    return [*run, *(run[i : i + 2] for i in range(len(run) - 1))]
