"""The data source: keeps a client's data file up to date.

``state`` decides and does nothing: a pure function from a state and an event (``events``) to the next state and
actions (``actions``), at the pace of ``pace``. ``data_source`` drives it: it runs the actions on a lane and reports
what came of them. ``source`` is the protocol of where data files come from, ``http_source`` the configuration service;
``stream`` reads the event stream, by way of ``event_parser``.
"""
