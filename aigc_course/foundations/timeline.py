"""A timeline of generative models: dated events, each with its source in the bibliography.

``key`` names the entry of the bibliography. Where the source is on arXiv, its number begins with the year and month
of its first version, so a wrong date contradicts its own source; ``contradictions`` finds such rows.
"""

from dataclasses import dataclass

MODALITIES = ("text", "image", "sound", "video", "across", "any")


@dataclass(frozen=True)
class Event:
    """One row of the timeline.

    Attributes:
        date: "YYYY" or "YYYY-MM".
        what: The model or event.
        who: First author or organisation.
        modality: One of ``MODALITIES``: what was generated; "any" for a method.
        key: Of the source in the bibliography.
        arxiv: Identifier of the source on arXiv, if it is there.
    """

    date: str
    what: str
    who: str
    modality: str
    key: str
    arxiv: str = ""

    @property
    def year(self) -> float:
        """The date as a decimal number of years, the middle of the month, or of the year where no month is known."""
        year, _, month = self.date.partition("-")
        return int(year) + ((int(month) - 0.5) / 12 if month else 0.5)


def contradictions(events: tuple[Event, ...]) -> list[str]:
    """A message for every event whose date differs from the year and month in its arXiv identifier."""
    wrong = []
    for event in events:
        number = event.arxiv.split(".")[0]
        posted = f"20{number[:2]}-{number[2:]}" if number else event.date
        if not posted.startswith(event.date[:7]):
            wrong.append(f"{event.what}: dated {event.date}, its source arXiv:{event.arxiv} is of {posted}")
    return wrong


EVENTS = (
    Event("1913-01", "Markov's chain of vowels and consonants in Eugene Onegin", "Markov", "text", "markov2006example"),
    Event("1948-07", "English imitated by chains of letters and words", "Shannon", "text", "shannon1948mathematical"),
    Event("1966-01", "ELIZA, conversation by rules", "Weizenbaum", "text", "weizenbaum1966eliza"),
    Event("1985", "Boltzmann machine, a network that learns a distribution", "Ackley", "any", "ackley1985learning"),
    Event("1995", "Helmholtz machine, a generator with a recogniser beside it", "Dayan", "any", "dayan1995helmholtz"),
    Event("1997-11", "LSTM, a memory for sequences", "Hochreiter", "any", "hochreiter1997long"),
    Event("2003-02", "Neural language model", "Bengio", "text", "bengio2003neural"),
    Event("2013-12", "Variational autoencoder", "Kingma", "image", "kingma2013auto", "1312.6114"),
    Event("2014-06", "Generative adversarial network", "Goodfellow", "image", "goodfellow2014generative", "1406.2661"),
    Event("2015-03", "Diffusion model", "Sohl-Dickstein", "image", "sohldickstein2015deep", "1503.03585"),
    Event("2015-08", "Style of a painting on a photograph", "Gatys", "image", "gatys2015neural", "1508.06576"),
    Event("2016-01", "PixelRNN, pictures pixel by pixel", "Oord", "image", "oord2016pixel", "1601.06759"),
    Event("2016-09", "WaveNet, sound sample by sample", "Oord", "sound", "oord2016wavenet", "1609.03499"),
    Event("2017-06", "Transformer", "Vaswani", "text", "vaswani2017attention", "1706.03762"),
    Event("2018-10", "Edmond de Belamy, a portrait, sold at Christie's", "Obvious", "image", "sutton2018portrait"),
    Event("2018-12", "StyleGAN, faces of nobody", "Karras", "image", "karras2018style", "1812.04948"),
    Event("2020-05", "GPT-3, tasks from examples in the prompt", "Brown", "text", "brown2020language", "2005.14165"),
    Event("2020-06", "Denoising diffusion (DDPM)", "Ho", "image", "ho2020denoising", "2006.11239"),
    Event("2021-02", "DALL·E, pictures from captions", "Ramesh", "across", "ramesh2021zero", "2102.12092"),
    Event("2021-12", "Latent diffusion", "Rombach", "across", "rombach2021high", "2112.10752"),
    Event("2022-03", "InstructGPT, trained on preferences", "Ouyang", "text", "ouyang2022training", "2203.02155"),
    Event("2022-04", "Video diffusion", "Ho", "video", "ho2022video", "2204.03458"),
    Event("2022-11", "ChatGPT opened to the public", "OpenAI", "text", "openai2022introducing"),
    Event("2024-03", "Rectified-flow Transformers for pictures", "Esser", "across", "esser2024scaling", "2403.03206"),
    Event("2025-02", "SmolLM2, the language model of this page", "Ben Allal", "text", "allal2025smollm", "2502.02737"),
)
