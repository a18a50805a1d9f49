"""What a programme file says: the Pydantic schema behind `programmes/*.yaml` and the published JSON Schema.

Lengths of time are whole numbers with their unit in the name; money is integer pence; shares are percentages.
"""

from models.programme.broker import Broker as Broker
from models.programme.broker import FurtherMatch as FurtherMatch
from models.programme.broker import Partner as Partner
from models.programme.diagnose import LESS_NEED as LESS_NEED
from models.programme.diagnose import Category as Category
from models.programme.diagnose import Diagnose as Diagnose
from models.programme.diagnose import Instrument as Instrument
from models.programme.diagnose import NeedRule as NeedRule
from models.programme.diagnose import Question as Question
from models.programme.diagnose import Weight as Weight
from models.programme.evaluate import CaseFact as CaseFact
from models.programme.evaluate import Evaluate as Evaluate
from models.programme.evaluate import Kpi as Kpi
from models.programme.evaluate import MeasureRule as MeasureRule
from models.programme.evaluate import Population as Population
from models.programme.evaluate import Published as Published
from models.programme.messages import Ladder as Ladder
from models.programme.messages import Messages as Messages
from models.programme.messages import Newsletter as Newsletter
from models.programme.messages import Themes as Themes
from models.programme.plain import DayOfYear as DayOfYear
from models.programme.plain import IndicatorName as IndicatorName
from models.programme.plain import Name as Name
from models.programme.plain import Percent as Percent
from models.programme.plain import Slug as Slug
from models.programme.plain import Text as Text
from models.programme.plain import Threshold as Threshold
from models.programme.plan import ObjectiveTemplate as ObjectiveTemplate
from models.programme.plan import Plan as Plan
from models.programme.schedule import Blackout as Blackout
from models.programme.schedule import Gap as Gap
from models.programme.schedule import NoteSection as NoteSection
from models.programme.schedule import NoteTemplate as NoteTemplate
from models.programme.schedule import Schedule as Schedule
from models.programme.schedule import SchoolQuestion as SchoolQuestion
from models.programme.schedule import Session as Session
from models.programme.schedule import Window as Window
from models.programme.taking_part import Near as Near
from models.programme.taking_part import Point as Point
from models.programme.taking_part import SchoolFilter as SchoolFilter
from models.programme.taking_part import TakePart as TakePart
from models.programme.terms import Commitment as Commitment
from models.programme.terms import Gate as Gate
from models.programme.terms import Goal as Goal
from models.programme.terms import Lasts as Lasts
from models.programme.terms import Price as Price
from models.programme.whole import Programme as Programme
