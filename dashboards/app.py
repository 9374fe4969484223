"""The dashboards: which pages there are. Streamlit runs this file for every reader and every change."""

from pathlib import Path

import streamlit as st

from dashboards import theme

_HERE = Path(__file__).parent

st.set_page_config(page_title="gcrm", page_icon=str(_HERE / "assets/icon.svg"), layout="wide")
st.logo(str(_HERE / "assets/logo_dark.svg" if theme.look().dark else _HERE / "assets/logo.svg"), size="medium", link=None)
page = st.navigation(
    [
        st.Page(_HERE / "pages/start.py", title="Start", icon=":material/home:", default=True),
        st.Page(_HERE / "pages/map_explorer.py", title="Map", icon=":material/hexagon:", url_path="map"),
        st.Page(_HERE / "pages/surroundings.py", title="Surroundings", icon=":material/layers:", url_path="surroundings"),
        st.Page(_HERE / "pages/reach.py", title="Reach", icon=":material/route:", url_path="reach"),
        st.Page(_HERE / "pages/account.py", title="Accounts", icon=":material/contacts:", url_path="account"),
        st.Page(_HERE / "pages/cube.py", title="Cube", icon=":material/deployed_code:", url_path="cube"),
        st.Page(_HERE / "pages/import_file.py", title="Import", icon=":material/upload_file:", url_path="import"),
        st.Page(_HERE / "pages/new_account.py", title="New account", icon=":material/add_business:", url_path="new-account"),
        st.Page(_HERE / "pages/positions.py", title="Positions", icon=":material/where_to_vote:", url_path="positions"),
        st.Page(_HERE / "pages/quarantine.py", title="Quarantine", icon=":material/rule:", url_path="quarantine"),
        st.Page(_HERE / "pages/duplicates.py", title="Duplicates", icon=":material/join_inner:", url_path="duplicates"),
        st.Page(_HERE / "pages/quality.py", title="Data quality", icon=":material/fact_check:", url_path="quality"),
    ],
    position="top",
)
st.html(theme.styles())
page.run()
