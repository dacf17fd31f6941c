"""The views of the page of incidents and rectifications, and the reply on the page of a branch."""
