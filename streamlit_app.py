"""Navigation only: which pages there are. `plumbline ui` serves them; each page stands in a file of app/ui."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.ui import sidebar
from app.ui.chat import chat
from app.ui.help import help_page
from app.ui.page import begin

st.set_page_config(page_title="准绳 Plumbline", layout="centered")
page = begin()
say = page.say
# Icons stand at the links only: as a page's own icon Streamlit would fetch it from the internet for the browser's tab
conversation = st.Page(partial(chat, page), title=say("nav.chat"), url_path="chat", default=True)
explained = st.Page(partial(help_page, page, conversation), title=say("nav.help"), url_path="help")
pages = {conversation: ":material/forum:", explained: ":material/help:"}
chosen = st.navigation(list(pages), position="hidden")
sidebar.head(pages)
chosen.run()
