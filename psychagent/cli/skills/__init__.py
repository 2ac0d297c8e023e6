"""`psychagent skills`: inspect, check and import skill libraries, and measure retrieval."""
