"""What the tables say, in sentences: titles of pictures and conclusions, with every number computed.

Conditions and wording follow METHOD section 27; what that section lacks is worded here. With too few clients the figures
stay and the advice is withheld.
"""

from clientbase.findings.economics import EconomicsFindings
from clientbase.findings.load import LoadFindings
from clientbase.findings.manual import ManualFindings
from clientbase.findings.negotiation import NegotiationFindings
from clientbase.findings.parity import ParityFindings
from clientbase.findings.questions import Questions
from clientbase.findings.steps import Findings
from clientbase.findings.structure import StructureFindings
from clientbase.findings.target import TargetFindings
from clientbase.findings.values import check_sentence, setting_text

__all__ = [
    "EconomicsFindings",
    "Findings",
    "LoadFindings",
    "ManualFindings",
    "NegotiationFindings",
    "ParityFindings",
    "Questions",
    "StructureFindings",
    "TargetFindings",
    "check_sentence",
    "setting_text",
]
