-- For wrk: tells the whole run as one line of JSON. Only `done` is defined, so the requests themselves stay in C.
function done(summary, latency, requests)
  io.write(string.format(
    '{"requests":%d,"microseconds":%d,"connect":%d,"read":%d,"write":%d,"timeout":%d,"status":%d}\n',
    summary.requests, summary.duration, summary.errors.connect, summary.errors.read, summary.errors.write,
    summary.errors.timeout, summary.errors.status))
end
