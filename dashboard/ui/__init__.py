"""Streamlit screens over the services. The only room that imports streamlit."""
