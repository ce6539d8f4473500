"""Navigation only: which pages there are. `plumbline ui` serves them; each page stands in a file of app/ui."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.documents import manages
from app.ui import sidebar
from app.ui.chat import chat
from app.ui.documents import documents_page
from app.ui.help import help_page
from app.ui.models import may_open as may_open_models
from app.ui.models import models_page
from app.ui.page import begin
from app.ui.policy import may_open as may_open_policy
from app.ui.policy import policy_page
from app.ui.terms.frame import terms_page

st.set_page_config(page_title="准绳 Plumbline", layout="centered")
page = begin()
say = page.say
# Icons stand at the links only: as a page's own icon Streamlit would fetch it from the internet for the browser's tab
conversation = st.Page(partial(chat, page), title=say("nav.chat"), url_path="chat", default=True)
terms = st.Page(partial(terms_page, page, conversation), title=say("nav.terms"), url_path="terms")
explained = st.Page(partial(help_page, page, conversation), title=say("nav.help"), url_path="help")
pages = {conversation: ":material/forum:", terms: ":material/account_tree:", explained: ":material/help:"}
if manages(page.user):
    documents = st.Page(partial(documents_page, page, conversation), title=say("docs.title"), url_path="documents")
    pages[documents] = ":material/folder_open:"
if may_open_policy(page):
    policy = st.Page(partial(policy_page, page, conversation), title=say("policy.title"), url_path="policy")
    pages[policy] = ":material/policy:"
if may_open_models(page):
    models = st.Page(partial(models_page, page, conversation), title=say("models.title"), url_path="models")
    pages[models] = ":material/model_training:"
chosen = st.navigation(list(pages), position="hidden")
sidebar.head(pages)
chosen.run()
