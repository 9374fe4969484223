"""The contract of every frame that a file feeds: columns, kinds, units, grain.

Each object is declared here once as an `ObjectType`; the import cleans each field by its `Kind`, checks the frame with
the pandera schema that `gcrm.contracts` makes from the same declaration, and hands it to the database.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType


class Kind(StrEnum):
    """What a field holds, and so how it is cleaned and which type the clean frame has."""

    TEXT = "text"
    NAME = "name"
    KEY = "key"
    CODE = "code"
    CHOICE = "choice"
    NUMBER = "number"
    MONEY = "money"
    CURRENCY = "currency"
    COUNTRY = "country"
    POSTCODE = "postcode"
    PHONE = "phone"
    MAIL = "mail"
    TAX_NUMBER = "tax_number"
    WEBSITE = "website"
    DATE = "date"
    TIME = "time"
    FLAG = "flag"
    LONGITUDE = "longitude"
    LATITUDE = "latitude"
    GEOMETRY = "geometry"


class Severity(StrEnum):
    """What becomes of a record whose field cannot be cleaned: it is refused, or kept with the text as it was given and a warning."""

    REFUSE = "refuse"
    WARN = "warn"


@dataclass(frozen=True)
class Field:
    """One field of an object.

    `names` are headers under which files are known to carry it, beside its own name; `codes` are the
    values a CODE or CHOICE field may take; `default` stands where the file has no value; `severity` says what a value
    that cannot be cleaned does to its record. The contract's own rules (required, ranges, lengths) always refuse.
    """

    name: str
    kind: Kind
    text: str
    required: bool = False
    names: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    default: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    longest: int = 1000
    severity: Severity = Severity.REFUSE


@dataclass(frozen=True)
class ObjectType:
    """Something that files feed: its name, its grain, its fields.

    `references` names, for a field that holds another record's key, the object it belongs to; `key` are the
    fields that together make the record's key; `not_before` names, for a time, the time that it may not precede;
    `not_beside` names, for a field, another and the value of that beside which it has none; of the fields `any_of` at least one is given.
    """

    name: str
    grain: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    references: Mapping[str, str] = field(default_factory=dict, hash=False)
    not_before: Mapping[str, str] = field(default_factory=dict, hash=False)
    not_beside: Mapping[str, tuple[str, str]] = field(default_factory=dict, hash=False)
    any_of: tuple[str, ...] = ()

    def field(self, name: str) -> Field:
        """The field of this name.

        Raises:
            KeyError: there is none.
        """
        found = next((each for each in self.fields if each.name == name), None)
        if found is None:
            raise KeyError(name)
        return found

    def unfed(self, fed: Container[str]) -> tuple[Field, ...]:
        """The fields that a file has to feed and does not; of those of which one is enough, the first.

        Args:
            fed: names of the fields that the file feeds.
        """
        one = self.any_of[:1] if not any(name in fed for name in self.any_of) else ()
        return tuple(each for each in self.fields if (each.required and each.default is None and each.name not in fed) or each.name in one)

    @property
    def field_names(self) -> tuple[str, ...]:
        """The names of the fields, in order."""
        return tuple(each.name for each in self.fields)


_LONGEST_KEY = 200
"""Characters; two such keys joined still fit into an index of the database, whose entries have at most 2,704 bytes."""


def _key(object_name: str, *names: str) -> Field:
    return Field(f"{object_name}_key", Kind.KEY, f"Key of the {object_name} in the system it comes from.", required=True, names=names, longest=_LONGEST_KEY)


_MADE_UP = Field("made_up", Kind.FLAG, "True for invented data.", required=True, default="false")
_PHONE = Field("phone", Kind.PHONE, "Telephone number.", names=("telephone", "phone number", "tel", "mobile"), severity=Severity.WARN)
_EMAIL = Field("email", Kind.MAIL, "Mail address.", names=("e-mail", "mail", "email address"), severity=Severity.WARN)
_ACCOUNT = Field("account_key", Kind.KEY, "Key of the account.", required=True, names=("account", "account id", "customer", "customer id", "customer number"))
_REP = Field("rep_key", Kind.KEY, "Key of the rep.", names=("rep", "sales rep", "owner"))
_CURRENCY = Field("currency", Kind.CURRENCY, "ISO 4217 code.", names=("currency code",))
_POSITION = (
    Field("longitude", Kind.LONGITUDE, "Degrees, EPSG:4326.", names=("lon", "lng", "long", "x")),
    Field("latitude", Kind.LATITUDE, "Degrees, EPSG:4326.", names=("lat", "y")),
)

TERRITORIES = ObjectType("territories", "one row per sales territory", (
    _key("territory", "territory id", "id", "code"),
    Field("name", Kind.TEXT, "Name.", required=True, names=("territory", "territory name")),
    Field("region", Kind.TEXT, "Name of the region.", names=("region name", "group"), longest=_LONGEST_KEY),
    Field("boundary", Kind.GEOMETRY, "Boundary: WKT, EPSG:4326.", names=("geometry", "wkt", "geom")),
    _MADE_UP,
), key=("territory_key",))  # fmt: skip

REPS = ObjectType("reps", "one row per sales representative", (
    _key("rep", "rep id", "id", "employee id"),
    Field("name", Kind.TEXT, "Name.", required=True, names=("rep", "rep name")),
    _EMAIL,
    Field("territory_key", Kind.KEY, "Key of the territory.", names=("territory", "territory id")),
    *_POSITION,
    _MADE_UP,
), key=("rep_key",), references={"territory_key": "territories"})  # fmt: skip

PRODUCTS = ObjectType("products", "one row per product", (
    _key("product", "product id", "id", "sku", "article number"),
    Field("name", Kind.TEXT, "Name.", required=True, names=("product", "product name")),
    Field("category", Kind.TEXT, "Product category.", required=True, names=("product category",), default="not given"),
    Field("unit_price", Kind.MONEY, "List price of one unit.", names=("price", "list price"), minimum=0),
    Field("unit_cost", Kind.MONEY, "Cost of one unit.", names=("cost", "standard cost"), minimum=0),
    _CURRENCY,
    _MADE_UP,
), key=("product_key",))  # fmt: skip

ACCOUNTS = ObjectType("accounts", "one row per account: company, household or person", (
    _key("account", "account id", "id", "customer id", "customer number", "key"),
    Field("kind", Kind.CODE, "company, household or person.", required=True, names=("type",), codes=("company", "household", "person"), default="company"),
    Field("status", Kind.CODE, "customer, prospect, lost, partner or competitor.", required=True, names=("state", "lifecycle"),
          codes=("customer", "prospect", "lost", "partner", "competitor"), default="customer"),
    Field("name", Kind.NAME, "Name.", required=True, names=("company", "company name", "account name", "customer name", "full name")),
    Field("segment", Kind.TEXT, "Market segment.", names=("market segment", "customer segment", "industry")),
    Field("parent_key", Kind.KEY, "Key of the account it belongs to.", names=("parent", "parent account", "parent id")),
    Field("street", Kind.TEXT, "Street, with or without the number.", names=("address", "adress", "address line 1", "street address", "street addr", "road")),
    Field("house_number", Kind.TEXT, "House number with its suffix.", names=("housenumber", "number", "house no", "street number")),
    Field("postcode", Kind.POSTCODE, "Postcode.", names=("zip", "zip code", "postal code", "plz"), severity=Severity.WARN),
    Field("city", Kind.TEXT, "City or place.", names=("town", "place", "municipality")),
    Field("country_code", Kind.COUNTRY, "ISO 3166-1 alpha-2 code.", names=("country",)),
    _PHONE,
    _EMAIL,
    Field("website", Kind.WEBSITE, "Address of its web pages.", names=("web", "url", "homepage", "web site"), severity=Severity.WARN),
    Field("tax_number", Kind.TAX_NUMBER, "Number under which it pays VAT or other taxes.", names=("vat", "vat number", "vat id", "tax id", "ustid", "ein"),
          severity=Severity.WARN),
    *_POSITION,
    Field("territory_key", Kind.KEY, "Key of the territory, where it is not the one its position lies in.", names=("territory", "territory id")),
    _MADE_UP,
), key=("account_key",), references={"parent_key": "accounts", "territory_key": "territories"})  # fmt: skip

CONTACTS = ObjectType("contacts", "one row per person at an account", (
    _key("contact", "contact id", "id"),
    _ACCOUNT,
    Field("given_name", Kind.NAME, "Given name.", names=("first name", "firstname", "forename")),
    Field("family_name", Kind.NAME, "Family name.", names=("last name", "lastname", "surname")),
    Field("role", Kind.TEXT, "Role at the account.", names=("title", "job title", "position", "function")),
    _PHONE,
    _EMAIL,
    _MADE_UP,
), key=("contact_key",), references={"account_key": "accounts"})  # fmt: skip

ORDERS = ObjectType("orders", "one row per order line", (
    _key("order", "order id", "id", "order number", "invoice", "invoice number"),
    Field("line_number", Kind.KEY, "Number of the line within the order.", required=True, names=("line", "line no", "item", "position"), default="1",
          longest=_LONGEST_KEY),
    _ACCOUNT,
    Field("product_key", Kind.KEY, "Key of the product.", names=("product", "product id", "sku", "article number")),
    Field("ordered_at", Kind.TIME, "When it was ordered.", required=True, names=("date", "order date", "ordered", "invoice date", "timestamp")),
    Field("channel", Kind.TEXT, "Sales channel.", names=("sales channel",)),
    Field("quantity", Kind.NUMBER, "Units ordered.", required=True, names=("qty", "units", "count"), default="1",
          minimum=-999_999_999, maximum=999_999_999),
    Field("revenue", Kind.MONEY, "Revenue of the line.", required=True, names=("amount", "total", "sales", "value", "net amount")),
    Field("cost", Kind.MONEY, "Cost of the line."),
    Field("currency", Kind.CURRENCY, "ISO 4217 code.", required=True, names=("currency code",), default="EUR"),
    _MADE_UP,
), key=("order_key", "line_number"), references={"account_key": "accounts", "product_key": "products"})  # fmt: skip

ACTIVITIES = ObjectType("activities", "one row per activity with an account", (
    _key("activity", "activity id", "id"),
    _ACCOUNT,
    _REP,
    Field("kind", Kind.CODE, "call, visit, mail, meeting, note or task.", required=True, names=("type",),
          codes=("call", "visit", "mail", "meeting", "note", "task")),
    Field("happened_at", Kind.TIME, "When it happened; empty where it is only planned.", names=("date", "time", "when", "timestamp")),
    Field("due_at", Kind.TIME, "When it is to be done, of a planned one.", names=("due", "due date", "deadline")),
    Field("duration_minutes", Kind.NUMBER, "How long it takes, minutes.", names=("duration", "minutes"), minimum=1, maximum=10_080),
    Field("contact_key", Kind.KEY, "Key of the person it is with.", names=("contact", "contact id")),
    Field("channel", Kind.TEXT, "Through what, such as phone, mail, shop or web.", names=("medium",)),
    Field("department", Kind.TEXT, "Which part of the company did it.", names=("team",)),
    Field("subject", Kind.TEXT, "What it was about.", names=("title",)),
    Field("outcome", Kind.TEXT, "What came of it.", names=("result",)),
    _MADE_UP,
), key=("activity_key",), references={"account_key": "accounts", "rep_key": "reps", "contact_key": "contacts"},
   any_of=("happened_at", "due_at"))  # fmt: skip

OPPORTUNITIES = ObjectType("opportunities", "one row per sales opportunity", (
    _key("opportunity", "opportunity id", "id", "deal id"),
    _ACCOUNT,
    _REP,
    Field("name", Kind.TEXT, "Title.", required=True, names=("title", "deal", "opportunity")),
    Field("stage", Kind.CODE, "Stage, one of those that are declared.", required=True, names=("status",),
          codes=("new", "qualified", "proposal", "negotiation", "won", "lost")),
    Field("amount", Kind.MONEY, "Expected revenue.", required=True, names=("value", "deal value"), minimum=0),
    Field("currency", Kind.CURRENCY, "ISO 4217 code.", required=True, names=("currency code",), default="EUR"),
    Field("opened_at", Kind.TIME, "When it was opened.", required=True, names=("created", "created at", "open date")),
    Field("expected_close_on", Kind.DATE, "Day on which it is expected to close.", names=("close date", "expected close")),
    Field("closed_at", Kind.TIME, "When it was won or lost.", names=("closed",)),
    Field("stage_since", Kind.TIME, "When it came into its stage.", names=("stage date", "last stage change date", "in stage since")),
    Field("loss_reason", Kind.TEXT, "Why it was lost.", names=("lost reason", "reason lost", "closed lost reason", "reason for loss")),
    _MADE_UP,
), key=("opportunity_key",), references={"account_key": "accounts", "rep_key": "reps"},
   not_before={"closed_at": "opened_at", "stage_since": "opened_at"})  # fmt: skip

CASES = ObjectType("cases", "one row per question, complaint or fault of a customer", (
    _key("case", "case id", "id", "ticket", "ticket id", "case number"),
    _ACCOUNT,
    Field("contact_key", Kind.KEY, "Key of the person who has it.", names=("contact", "contact id")),
    Field("product_key", Kind.KEY, "Key of the product it is about.", names=("product", "product id", "sku", "article number")),
    Field("rep_key", Kind.KEY, "Key of the rep who works on it.", names=("rep", "owner", "assigned to")),
    Field("kind", Kind.CODE, "question, complaint or fault.", required=True, names=("type", "case type"), codes=("question", "complaint", "fault")),
    Field("priority", Kind.CODE, "low, normal, high or urgent.", required=True, names=("severity",),
          codes=("low", "normal", "high", "urgent"), default="normal"),
    Field("status", Kind.CODE, "new, open, waiting, solved or closed.", required=True, names=("state", "case status"),
          codes=("new", "open", "waiting", "solved", "closed"), default="new"),
    Field("subject", Kind.TEXT, "What it is about.", required=True, names=("title",)),
    Field("channel", Kind.TEXT, "Through what it came, such as phone, mail, shop or web.", names=("case origin",)),
    Field("opened_at", Kind.TIME, "When it came.", required=True, names=("created", "created at", "date opened")),
    Field("response_due_at", Kind.TIME, "Until when somebody has to answer; where it is left out, the hours of its priority.", names=("response due",)),
    Field("solution_due_at", Kind.TIME, "Until when it has to be solved; where it is left out, the hours of its priority.", names=("solution due",)),
    Field("responded_at", Kind.TIME, "When somebody answered first.", names=("first response", "first response at")),
    Field("solved_at", Kind.TIME, "When it was solved.", names=("solved", "resolved", "resolved at", "date closed")),
    _MADE_UP,
), key=("case_key",), references={"account_key": "accounts", "contact_key": "contacts", "product_key": "products", "rep_key": "reps"},
   not_before={"responded_at": "opened_at", "solved_at": "opened_at", "response_due_at": "opened_at", "solution_due_at": "opened_at"})  # fmt: skip

CONSENTS = ObjectType("consents", "one row per consent given or withdrawn", (
    _key("consent", "consent id", "id"),
    Field("contact_key", Kind.KEY, "Key of the person.", required=True, names=("contact", "contact id")),
    Field("purpose", Kind.TEXT, "What for.", required=True),
    Field("channel", Kind.TEXT, "By which channel.", required=True, default="any"),
    Field("given", Kind.FLAG, "True where given, false where withdrawn.", required=True, names=("consent", "opt in", "opted in")),
    Field("recorded_at", Kind.TIME, "From when it holds.", required=True, names=("date", "time", "timestamp")),
    Field("wording", Kind.TEXT, "The words that were agreed to.", names=("text",)),
    _MADE_UP,
), key=("consent_key",), references={"contact_key": "contacts"})  # fmt: skip

CAMPAIGNS = ObjectType("campaigns", "one row per campaign", (
    _key("campaign", "campaign id", "id", "code"),
    Field("name", Kind.TEXT, "Name.", required=True, names=("campaign", "campaign name", "title")),
    Field("channel", Kind.TEXT, "Channel by which it is sent, such as mail, phone or post.", names=("medium", "type")),
    Field("audience", Kind.TEXT, "Whom it is meant for, in words.", names=("target group", "target audience")),
    Field("starts_on", Kind.DATE, "First day.", required=True, names=("start date", "start", "begins", "date")),
    Field("ends_on", Kind.DATE, "Last day.", names=("end date", "end", "ends")),
    Field("cost", Kind.MONEY, "Cost of the whole campaign.", names=("actual cost", "total cost", "spend"), minimum=0),
    Field("currency", Kind.CURRENCY, "ISO 4217 code.", required=True, names=("currency code",), default="EUR"),
    Field("attribution_days", Kind.NUMBER, "Days after sending within which an order counts as its revenue.", required=True,
          names=("attribution window", "response window"), default="30", minimum=0, maximum=3650),
    _MADE_UP,
), key=("campaign_key",), not_before={"ends_on": "starts_on"})  # fmt: skip

CAMPAIGN_MEMBERS = ObjectType("campaign_members", "one row per account or person that a campaign was sent to, and wave", (
    _key("member", "campaign member id", "member id", "id"),
    Field("campaign_key", Kind.KEY, "Key of the campaign.", required=True, names=("campaign", "campaign id")),
    replace(_ACCOUNT, text="Key of the account; where it is left out, the account is that of the contact.", required=False),
    Field("contact_key", Kind.KEY, "Key of the person.", names=("contact", "contact id")),
    Field("wave", Kind.TEXT, "Wave in which it was sent.", names=("round", "batch", "step")),
    Field("sent_at", Kind.TIME, "When it was sent.", required=True, names=("date", "sent", "sent date", "send date", "timestamp")),
    Field("response", Kind.CODE, "none, opened, answered, bought or unsubscribed.", required=True, names=("status", "member status", "result"),
          codes=("none", "opened", "answered", "bought", "unsubscribed"), default="none"),
    Field("responded_at", Kind.TIME, "When the response came.", names=("response date", "responded", "first responded date")),
    _MADE_UP,
), key=("member_key",), references={"campaign_key": "campaigns", "account_key": "accounts", "contact_key": "contacts"},
   not_before={"responded_at": "sent_at"}, not_beside={"responded_at": ("response", "none")}, any_of=("account_key", "contact_key"))  # fmt: skip
LEADS = ObjectType("leads", "one row per company or person who may become a customer", (
    _key("lead", "lead id", "id", "lead number", "prospect id"),
    Field("company", Kind.NAME, "Name of the company.", names=("company name", "account name", "organization", "organisation", "business name")),
    Field("given_name", Kind.NAME, "Given name of the person.", names=("first name", "firstname", "forename")),
    Field("family_name", Kind.NAME, "Family name of the person.", names=("last name", "lastname", "surname")),
    Field("role", Kind.TEXT, "Role of the person at the company.", names=("title", "job title", "position", "function")),
    _PHONE,
    _EMAIL,
    Field("website", Kind.WEBSITE, "Address of its web pages.", names=("web", "url", "homepage", "web site"), severity=Severity.WARN),
    Field("street", Kind.TEXT, "Street, with or without the number.", names=("address", "adress", "address line 1", "street address", "street addr", "road")),
    Field("house_number", Kind.TEXT, "House number with its suffix.", names=("housenumber", "number", "house no", "street number")),
    Field("postcode", Kind.POSTCODE, "Postcode.", names=("zip", "zip code", "postal code", "plz"), severity=Severity.WARN),
    Field("city", Kind.TEXT, "City or place.", names=("town", "place", "municipality")),
    Field("country_code", Kind.COUNTRY, "ISO 3166-1 alpha-2 code.", names=("country",)),
    *_POSITION,
    Field("segment", Kind.TEXT, "Market segment.", names=("market segment", "industry")),
    Field("interest", Kind.TEXT, "What they want.", names=("product interest", "description", "request", "enquiry", "message", "subject")),
    Field("amount", Kind.MONEY, "What it may be worth.", names=("value", "expected revenue", "deal value", "opportunity amount", "budget"), minimum=0),
    Field("currency", Kind.CURRENCY, "ISO 4217 code.", required=True, names=("currency code",), default="EUR"),
    Field("origin", Kind.TEXT, "How it came: a campaign, a fair, a form on the web.", names=("lead source", "source", "campaign", "channel")),
    Field("rating", Kind.CODE, "hot, warm or cold.", names=("temperature", "priority"), codes=("hot", "warm", "cold")),
    Field("status", Kind.CODE, "new, working, converted or rejected.", required=True, names=("lead status", "state"),
          codes=("new", "working", "converted", "rejected"), default="new"),
    Field("rejected_because", Kind.TEXT, "Why it was rejected.", names=("reason", "rejection reason", "disqualified reason", "unqualified reason")),
    Field("received_at", Kind.TIME, "When it came.", names=("date", "created", "created at", "created date", "received", "timestamp")),
    Field("territory_key", Kind.KEY, "Key of the territory, where it is not the one its position lies in.", names=("territory", "territory id")),
    _REP,
    _MADE_UP,
), key=("lead_key",), references={"territory_key": "territories", "rep_key": "reps"},
   any_of=("company", "family_name", "given_name", "email", "phone"))  # fmt: skip

TRADE_AREAS = ObjectType("trade_areas", "one row per trading area", (
    Field("area_key", Kind.KEY, "Key of the area in the system it comes from.", names=("id", "area id", "code", "key"), longest=_LONGEST_KEY),
    Field("name", Kind.TEXT, "Name.", names=("area", "area name", "trade area", "trading area", "label")),
    Field("site_key", Kind.KEY, "Key of the site that it is the area of.", names=("site", "store", "store id", "shop", "branch"), longest=_LONGEST_KEY),
    Field("boundary", Kind.GEOMETRY, "Boundary.", required=True, names=("geometry", "wkt", "geom")),
), key=("area_key",))  # fmt: skip

SITES = ObjectType("sites", "one row per site", (
    Field("site_key", Kind.KEY, "Key of the site.", names=("id", "key", "store id", "store number", "number", "no"), longest=_LONGEST_KEY),
    Field("name", Kind.TEXT, "Name.", names=("site", "store", "shop", "branch")),
    Field("attraction", Kind.NUMBER, "What draws customers, such as the sales area in square metres.",
          names=("sales area", "size", "floor space", "vkf", "vkf_qm", "area"), minimum=0),
    *_POSITION,
), key=("site_key",))  # fmt: skip

CONDITIONS = ObjectType("conditions", "one row per closure or slow zone of roads", (
    Field("condition_key", Kind.KEY, "Key of the condition in the system it comes from.", names=("id", "condition id"), longest=_LONGEST_KEY),
    Field("kind", Kind.CODE, "What it does.", required=True, names=("type", "condition"), codes=("closure", "speed_factor", "speed_kmh")),
    Field("value", Kind.NUMBER, "Of a speed_factor the factor, of a speed_kmh kilometres per hour.", names=("factor", "speed", "speed kmh")),
    Field("modes", Kind.TEXT, "Modes of travel: car, bicycle, foot, with commas between.", names=("mode", "for")),
    Field("weekdays", Kind.CODE, "Days on which it holds.", required=True, names=("days",), codes=("all", "workdays", "weekend"), default="all"),
    Field("from_hour", Kind.NUMBER, "Hour of the day from which it holds.", required=True, names=("from", "start hour"), default="0", minimum=0, maximum=24),
    Field("to_hour", Kind.NUMBER, "Hour of the day until which it holds.", required=True, names=("to", "end hour"), default="24", minimum=0, maximum=24),
    Field("valid_from", Kind.DATE, "First day.", names=("since", "start date", "begins")),
    Field("valid_until", Kind.DATE, "Last day.", names=("until", "end date", "ends")),
    Field("way_id", Kind.NUMBER, "OSM way that it holds on.", names=("osm way", "osm id", "way"), minimum=1),
), key=("condition_key",))  # fmt: skip

SENSORS = ObjectType("sensors", "one row per road sensor", (
    Field("sensor_key", Kind.KEY, "Key of the sensor, as in the header of the speeds.", required=True, names=("sensor id", "sensor", "id", "station"),
          longest=_LONGEST_KEY),
    *_POSITION,
), key=("sensor_key",))  # fmt: skip

OBJECTS: Mapping[str, ObjectType] = MappingProxyType(
    {
        each.name: each
        for each in (
            TERRITORIES,
            REPS,
            PRODUCTS,
            ACCOUNTS,
            CONTACTS,
            ORDERS,
            ACTIVITIES,
            OPPORTUNITIES,
            CASES,
            CONSENTS,
            CAMPAIGNS,
            CAMPAIGN_MEMBERS,
            LEADS,
        )
    }
)
"""Everything that `gcrm import` takes, in the order in which references need them."""
