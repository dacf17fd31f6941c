"""Results → docx and xlsx. No streamlit here: a document is bytes."""
