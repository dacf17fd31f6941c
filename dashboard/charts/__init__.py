"""Results → plotly figures. No streamlit here: a figure is a value."""
