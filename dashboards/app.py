"""The dashboards: which pages there are. Streamlit runs this file for every reader and every change."""

from pathlib import Path

import streamlit as st

from dashboards import parts, session, theme
from dashboards.session import Permission

_HERE = Path(__file__).parent

st.set_page_config(page_title="gcrm", page_icon=str(_HERE / "assets/icon.svg"), layout="wide")
st.logo(str(_HERE / "assets/logo_dark.svg" if theme.look().dark else _HERE / "assets/logo.svg"), size="medium", link=None)
# Sections of the bar on top; in each file, title, icon, path and what is needed to see it; no text, which Streamlit would show.
_SECTIONS = {
    "": (
        ("start", "Start", ":material/home:", "", Permission.LOOK),
        ("my_day", "My day", ":material/today:", "my-day", Permission.LOOK),
    ),
    "Maps": (
        ("map_explorer", "Map", ":material/hexagon:", "map", Permission.LOOK),
        ("surroundings", "Surroundings", ":material/layers:", "surroundings", Permission.LOOK),
        ("reach", "Reach", ":material/route:", "reach", Permission.LOOK),
    ),
    "Customers": (
        ("account", "Account", ":material/contacts:", "account", Permission.LOOK),
        ("accounts", "Accounts", ":material/list_alt:", "accounts", Permission.LOOK),
        ("new_account", "New account", ":material/add_business:", "new-account", Permission.WORK),
        ("activities", "Activities", ":material/event_note:", "activities", Permission.LOOK),
        ("cases", "Cases", ":material/support_agent:", "cases", Permission.LOOK),
    ),
    "Sales": (
        ("leads", "Leads", ":material/person_search:", "leads", Permission.LOOK),
        ("partners", "Partners", ":material/handshake:", "partners", Permission.LOOK),
        ("pipeline", "Pipeline", ":material/view_kanban:", "pipeline", Permission.LOOK),
        ("opportunities", "Opportunities", ":material/request_quote:", "opportunities", Permission.LOOK),
        ("forecast", "Forecast", ":material/trending_up:", "forecast", Permission.LOOK),
    ),
    "Marketing": (("audiences", "Audiences", ":material/campaign:", "audiences", Permission.CAMPAIGN),),
    "Analysis": (
        ("cube", "Cube", ":material/deployed_code:", "cube", Permission.LOOK),
        ("reports", "Reports", ":material/bar_chart:", "reports", Permission.LOOK),
    ),
    "Data": (
        ("import_file", "Import", ":material/upload_file:", "import", Permission.MEND),
        ("positions", "Positions", ":material/where_to_vote:", "positions", Permission.MEND),
        ("quarantine", "Quarantine", ":material/rule:", "quarantine", Permission.MEND),
        ("duplicates", "Duplicates", ":material/join_inner:", "duplicates", Permission.MEND),
        ("quality", "Data quality", ":material/fact_check:", "quality", Permission.LOOK),
        ("admin", "Users", ":material/manage_accounts:", "users", Permission.ADMINISTER),
    ),
}
st.html(theme.styles())
page = st.navigation(
    {
        section: [
            st.Page(_HERE / f"pages/{file}.py" if session.may(needed) else parts.not_for_this_role, title=title, icon=icon, url_path=path or None,
                    default=not path, visibility="visible" if session.may(needed) else "hidden")
            for file, title, icon, path, needed in pages
        ]
        for section, pages in _SECTIONS.items()
    },
    position="top",
)  # fmt: skip
parts.who_is_signed_in()
page.run()
