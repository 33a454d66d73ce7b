"""The web application.

main      create_app(): wires the parts together, error pages
settings  where things lie and how much of them there may be
security  who may ask: Host, Origin, the headers of every answer
store     the index of recordings (SQLite) and their files
tail      the chunks of one recording file, also while it grows
runs      the queue of runs, and each run from Run to its verdict
analysed  what the index keeps of a recording: findings, report, miniature
live      a recording's chunks over a websocket, while they come
pages     catalogue and scenarios; recordings: their pages; embed: a recording in somebody else's page
words     how values are written: times, bytes, sentences
"""
