// Made by scripts/generate-wire.mjs from proto/. Do not edit.
export const contract: unknown = {
 "nested": {
  "confed": {
   "nested": {
    "v1": {
     "nested": {
      "Position": {
       "fields": {
        "logId": {
         "type": "string",
         "id": 1
        },
        "offset": {
         "type": "uint64",
         "id": 2
        }
       }
      },
      "GapReason": {
       "values": {
        "GAP_REASON_UNSPECIFIED": 0,
        "AGENT_RESTART": 1,
        "LOG_STALLED": 2,
        "LOG_TRUNCATED": 3,
        "ROTATED_AWAY": 4,
        "LOG_RESET": 5,
        "READER_TOO_SLOW": 6,
        "DISK_FAILED": 7
       }
      },
      "Gap": {
       "fields": {
        "from": {
         "type": "uint64",
         "id": 1
        },
        "to": {
         "type": "uint64",
         "id": 2
        },
        "lengthKnown": {
         "type": "bool",
         "id": 3
        },
        "reason": {
         "type": "GapReason",
         "id": 4
        },
        "wallTimeMs": {
         "type": "uint64",
         "id": 5
        },
        "logId": {
         "type": "string",
         "id": 6
        }
       }
      },
      "ErrorDetail": {
       "fields": {
        "code": {
         "type": "string",
         "id": 1
        },
        "message": {
         "type": "string",
         "id": 2
        },
        "subject": {
         "type": "string",
         "id": 3
        },
        "where": {
         "type": "string",
         "id": 4
        },
        "hint": {
         "type": "string",
         "id": 5
        }
       }
      },
      "ConsoleState": {
       "values": {
        "CONSOLE_STATE_UNSPECIFIED": 0,
        "IDLE": 1,
        "CONNECTING": 2,
        "CONNECTED": 3,
        "WAITING": 4,
        "STOPPED": 5,
        "UNREACHABLE": 6,
        "CONFLICT": 7
       }
      },
      "ViewerMode": {
       "values": {
        "VIEWER_MODE_UNSPECIFIED": 0,
        "WRITE": 1,
        "VIEW": 2
       }
      },
      "Viewer": {
       "fields": {
        "sessionId": {
         "type": "string",
         "id": 1
        },
        "subject": {
         "type": "string",
         "id": 2
        },
        "mode": {
         "type": "ViewerMode",
         "id": 3
        },
        "sinceMs": {
         "type": "uint64",
         "id": 4
        }
       }
      },
      "ConsoleStatus": {
       "fields": {
        "name": {
         "type": "string",
         "id": 1
        },
        "owner": {
         "type": "string",
         "id": 2
        },
        "state": {
         "type": "ConsoleState",
         "id": 3
        },
        "cause": {
         "type": "ErrorDetail",
         "id": 4
        },
        "sinceMs": {
         "type": "uint64",
         "id": 5
        },
        "transport": {
         "type": "string",
         "id": 6
        },
        "target": {
         "type": "string",
         "id": 7
        },
        "labels": {
         "keyType": "string",
         "type": "string",
         "id": 8
        },
        "groups": {
         "rule": "repeated",
         "type": "string",
         "id": 9
        },
        "onDemand": {
         "type": "bool",
         "id": 10
        },
        "viewers": {
         "rule": "repeated",
         "type": "Viewer",
         "id": 11
        },
        "end": {
         "type": "Position",
         "id": 12
        },
        "lastOutputMs": {
         "type": "uint64",
         "id": 13
        },
        "logPath": {
         "type": "string",
         "id": 14
        },
        "description": {
         "type": "string",
         "id": 15
        },
        "attempt": {
         "type": "uint32",
         "id": 16
        },
        "viewersUnlisted": {
         "type": "uint32",
         "id": 17
        },
        "logTrouble": {
         "type": "ErrorDetail",
         "id": 18
        },
        "source": {
         "type": "ConsoleSource",
         "id": 19
        },
        "epoch": {
         "type": "uint64",
         "id": 20
        },
        "link": {
         "type": "string",
         "id": 21
        }
       }
      },
      "ConsoleSource": {
       "values": {
        "CONSOLE_SOURCE_UNSPECIFIED": 0,
        "FILE": 1,
        "HEAD": 2,
        "FILE_OVER_HEAD": 3
       }
      },
      "Ticket": {
       "fields": {
        "body": {
         "type": "bytes",
         "id": 1
        },
        "signature": {
         "type": "bytes",
         "id": 2
        }
       }
      },
      "AttachRequest": {
       "oneofs": {
        "message": {
         "oneof": [
          "open",
          "input",
          "sendBreak",
          "window",
          "setMode",
          "reconnect",
          "replay",
          "prove",
          "takeDown",
          "note"
         ]
        }
       },
       "fields": {
        "open": {
         "type": "Open",
         "id": 1
        },
        "input": {
         "type": "Input",
         "id": 2
        },
        "sendBreak": {
         "type": "SendBreak",
         "id": 3
        },
        "window": {
         "type": "Window",
         "id": 4
        },
        "setMode": {
         "type": "SetMode",
         "id": 5
        },
        "reconnect": {
         "type": "Reconnect",
         "id": 6
        },
        "replay": {
         "type": "Replay",
         "id": 7
        },
        "prove": {
         "type": "Prove",
         "id": 8
        },
        "takeDown": {
         "type": "TakeDown",
         "id": 9
        },
        "note": {
         "type": "Note",
         "id": 10
        }
       }
      },
      "Open": {
       "oneofs": {
        "start": {
         "oneof": [
          "from",
          "replayLines"
         ]
        }
       },
       "fields": {
        "console": {
         "type": "string",
         "id": 1
        },
        "mode": {
         "type": "ViewerMode",
         "id": 2
        },
        "force": {
         "type": "bool",
         "id": 3
        },
        "from": {
         "type": "Position",
         "id": 4
        },
        "replayLines": {
         "type": "uint32",
         "id": 5
        },
        "subject": {
         "type": "string",
         "id": 6
        },
        "window": {
         "type": "Window",
         "id": 7
        },
        "ticket": {
         "type": "Ticket",
         "id": 8
        },
        "resumeToken": {
         "type": "bytes",
         "id": 9
        },
        "supersedesSessionId": {
         "type": "string",
         "id": 10
        }
       }
      },
      "Input": {
       "fields": {
        "offset": {
         "type": "uint64",
         "id": 1
        },
        "data": {
         "type": "bytes",
         "id": 2
        }
       }
      },
      "SendBreak": {
       "fields": {
        "durationMs": {
         "type": "uint32",
         "id": 1
        }
       }
      },
      "Window": {
       "fields": {
        "columns": {
         "type": "uint32",
         "id": 1
        },
        "rows": {
         "type": "uint32",
         "id": 2
        }
       }
      },
      "SetMode": {
       "fields": {
        "mode": {
         "type": "ViewerMode",
         "id": 1
        },
        "force": {
         "type": "bool",
         "id": 2
        }
       }
      },
      "Reconnect": {
       "fields": {
        "force": {
         "type": "bool",
         "id": 1
        }
       }
      },
      "TakeDown": {
       "fields": {}
      },
      "Note": {
       "fields": {
        "text": {
         "type": "string",
         "id": 1
        }
       }
      },
      "Prove": {
       "fields": {
        "signature": {
         "type": "bytes",
         "id": 1
        }
       }
      },
      "Replay": {
       "fields": {
        "lines": {
         "type": "uint32",
         "id": 1
        }
       }
      },
      "AttachResponse": {
       "oneofs": {
        "message": {
         "oneof": [
          "hello",
          "opened",
          "output",
          "gap",
          "event",
          "inputAck",
          "end",
          "heartbeat",
          "modeChanged"
         ]
        }
       },
       "fields": {
        "hello": {
         "type": "Hello",
         "id": 1
        },
        "opened": {
         "type": "Opened",
         "id": 2
        },
        "output": {
         "type": "Output",
         "id": 3
        },
        "gap": {
         "type": "Gap",
         "id": 4
        },
        "event": {
         "type": "Event",
         "id": 5
        },
        "inputAck": {
         "type": "InputAck",
         "id": 6
        },
        "end": {
         "type": "End",
         "id": 7
        },
        "heartbeat": {
         "type": "Heartbeat",
         "id": 8
        },
        "modeChanged": {
         "type": "ModeChanged",
         "id": 9
        }
       }
      },
      "Hello": {
       "fields": {
        "agent": {
         "type": "string",
         "id": 1
        },
        "nonce": {
         "type": "bytes",
         "id": 2
        },
        "version": {
         "type": "string",
         "id": 3
        },
        "proveId": {
         "type": "string",
         "id": 4
        }
       }
      },
      "Opened": {
       "fields": {
        "sessionId": {
         "type": "string",
         "id": 1
        },
        "mode": {
         "type": "ViewerMode",
         "id": 2
        },
        "status": {
         "type": "ConsoleStatus",
         "id": 3
        },
        "start": {
         "type": "Position",
         "id": 4
        },
        "resumeToken": {
         "type": "bytes",
         "id": 5
        },
        "writer": {
         "type": "string",
         "id": 6
        },
        "subject": {
         "type": "string",
         "id": 7
        },
        "readOnly": {
         "type": "string",
         "id": 8
        }
       }
      },
      "Output": {
       "fields": {
        "offset": {
         "type": "uint64",
         "id": 1
        },
        "endOffset": {
         "type": "uint64",
         "id": 2
        },
        "data": {
         "type": "bytes",
         "id": 3
        },
        "replayed": {
         "type": "bool",
         "id": 4
        }
       }
      },
      "EventKind": {
       "values": {
        "EVENT_KIND_UNSPECIFIED": 0,
        "STATE": 1,
        "VIEWER_CAME": 2,
        "VIEWER_LEFT": 3,
        "WRITER_CHANGED": 4,
        "BREAK_SENT": 5,
        "NOTICE": 6
       }
      },
      "Event": {
       "fields": {
        "kind": {
         "type": "EventKind",
         "id": 1
        },
        "wallTimeMs": {
         "type": "uint64",
         "id": 2
        },
        "subject": {
         "type": "string",
         "id": 3
        },
        "text": {
         "type": "string",
         "id": 4
        },
        "state": {
         "type": "ConsoleState",
         "id": 5
        },
        "cause": {
         "type": "ErrorDetail",
         "id": 6
        }
       }
      },
      "InputAck": {
       "fields": {
        "offset": {
         "type": "uint64",
         "id": 1
        },
        "discarded": {
         "type": "uint64",
         "id": 2
        },
        "cause": {
         "type": "ErrorDetail",
         "id": 3
        }
       }
      },
      "ModeChanged": {
       "fields": {
        "mode": {
         "type": "ViewerMode",
         "id": 1
        },
        "by": {
         "type": "string",
         "id": 2
        },
        "reason": {
         "type": "string",
         "id": 3
        }
       }
      },
      "End": {
       "fields": {
        "error": {
         "type": "ErrorDetail",
         "id": 1
        },
        "reattach": {
         "type": "bool",
         "id": 2
        }
       }
      },
      "Heartbeat": {
       "fields": {
        "wallTimeMs": {
         "type": "uint64",
         "id": 1
        }
       }
      },
      "ReadLogRequest": {
       "oneofs": {
        "start": {
         "oneof": [
          "from",
          "sinceMs",
          "lastLines"
         ]
        }
       },
       "fields": {
        "console": {
         "type": "string",
         "id": 1
        },
        "from": {
         "type": "Position",
         "id": 2
        },
        "sinceMs": {
         "type": "uint64",
         "id": 3
        },
        "lastLines": {
         "type": "uint32",
         "id": 4
        },
        "untilMs": {
         "type": "uint64",
         "id": 5
        },
        "ticket": {
         "type": "Ticket",
         "id": 6
        }
       }
      },
      "ReadLogResponse": {
       "oneofs": {
        "message": {
         "oneof": [
          "chunk",
          "gap",
          "end"
         ]
        }
       },
       "fields": {
        "chunk": {
         "type": "LogChunk",
         "id": 1
        },
        "gap": {
         "type": "Gap",
         "id": 2
        },
        "end": {
         "type": "Position",
         "id": 3
        }
       }
      },
      "LogChunk": {
       "fields": {
        "offset": {
         "type": "uint64",
         "id": 1
        },
        "data": {
         "type": "bytes",
         "id": 2
        },
        "wallTimeMs": {
         "type": "uint64",
         "id": 3
        }
       }
      },
      "TailRequest": {
       "fields": {
        "selection": {
         "type": "string",
         "id": 1
        },
        "from": {
         "keyType": "string",
         "type": "Position",
         "id": 2
        },
        "ticket": {
         "type": "Ticket",
         "id": 3
        }
       }
      },
      "TailResponse": {
       "oneofs": {
        "message": {
         "oneof": [
          "names",
          "batch",
          "gap",
          "heartbeat",
          "notice"
         ]
        }
       },
       "fields": {
        "names": {
         "type": "TailNames",
         "id": 1
        },
        "batch": {
         "type": "TailBatch",
         "id": 2
        },
        "gap": {
         "type": "TailGap",
         "id": 3
        },
        "heartbeat": {
         "type": "Heartbeat",
         "id": 4
        },
        "notice": {
         "type": "ErrorDetail",
         "id": 5
        }
       }
      },
      "TailNames": {
       "fields": {
        "names": {
         "rule": "repeated",
         "type": "TailName",
         "id": 1
        },
        "ended": {
         "rule": "repeated",
         "type": "uint32",
         "id": 2
        }
       }
      },
      "TailName": {
       "fields": {
        "number": {
         "type": "uint32",
         "id": 1
        },
        "console": {
         "type": "string",
         "id": 2
        },
        "start": {
         "type": "Position",
         "id": 3
        }
       }
      },
      "TailBatch": {
       "fields": {
        "consoles": {
         "rule": "repeated",
         "type": "uint32",
         "id": 1
        },
        "offsets": {
         "rule": "repeated",
         "type": "uint64",
         "id": 2
        },
        "lengths": {
         "rule": "repeated",
         "type": "uint32",
         "id": 3
        },
        "data": {
         "type": "bytes",
         "id": 4
        }
       }
      },
      "TailGap": {
       "fields": {
        "number": {
         "type": "uint32",
         "id": 1
        },
        "gap": {
         "type": "Gap",
         "id": 2
        }
       }
      },
      "ListRequest": {
       "fields": {
        "selection": {
         "type": "string",
         "id": 1
        },
        "states": {
         "rule": "repeated",
         "type": "ConsoleState",
         "id": 2
        },
        "ticket": {
         "type": "Ticket",
         "id": 3
        }
       }
      },
      "ListResponse": {
       "fields": {
        "consoles": {
         "rule": "repeated",
         "type": "ConsoleStatus",
         "id": 1
        }
       }
      },
      "InspectRequest": {
       "fields": {
        "console": {
         "type": "string",
         "id": 1
        },
        "ticket": {
         "type": "Ticket",
         "id": 2
        }
       }
      },
      "ControlRequest": {
       "oneofs": {
        "action": {
         "oneof": [
          "reconnect",
          "reload",
          "tell",
          "disconnect"
         ]
        }
       },
       "fields": {
        "selection": {
         "type": "string",
         "id": 1
        },
        "reconnect": {
         "type": "Reconnect",
         "id": 2
        },
        "reload": {
         "type": "Reload",
         "id": 5
        },
        "tell": {
         "type": "Tell",
         "id": 6
        },
        "disconnect": {
         "type": "Disconnect",
         "id": 7
        },
        "subject": {
         "type": "string",
         "id": 3
        },
        "ticket": {
         "type": "Ticket",
         "id": 4
        }
       }
      },
      "Reload": {
       "fields": {
        "planOnly": {
         "type": "bool",
         "id": 1
        }
       }
      },
      "Tell": {
       "fields": {
        "text": {
         "type": "string",
         "id": 1
        },
        "user": {
         "type": "string",
         "id": 2
        }
       }
      },
      "Disconnect": {
       "fields": {
        "user": {
         "type": "string",
         "id": 1
        }
       }
      },
      "ControlResponse": {
       "fields": {
        "consoles": {
         "rule": "repeated",
         "type": "string",
         "id": 1
        },
        "errors": {
         "rule": "repeated",
         "type": "ErrorDetail",
         "id": 2
        },
        "plan": {
         "type": "ReloadPlan",
         "id": 3
        },
        "sessions": {
         "type": "uint32",
         "id": 4
        }
       }
      },
      "ReloadPlan": {
       "fields": {
        "start": {
         "type": "ReloadList",
         "id": 1
        },
        "stop": {
         "type": "ReloadList",
         "id": 2
        },
        "restart": {
         "type": "ReloadList",
         "id": 3
        },
        "demand": {
         "type": "ReloadList",
         "id": 4
        },
        "relabel": {
         "type": "ReloadList",
         "id": 5
        },
        "untouched": {
         "type": "uint32",
         "id": 6
        },
        "needsRestart": {
         "rule": "repeated",
         "type": "string",
         "id": 7
        },
        "done": {
         "type": "bool",
         "id": 8
        },
        "move": {
         "type": "ReloadList",
         "id": 9
        }
       }
      },
      "ReloadList": {
       "fields": {
        "count": {
         "type": "uint32",
         "id": 1
        },
        "names": {
         "rule": "repeated",
         "type": "string",
         "id": 2
        }
       }
      },
      "StatusRequest": {
       "fields": {}
      },
      "ProcessStatus": {
       "fields": {
        "role": {
         "type": "string",
         "id": 1
        },
        "id": {
         "type": "string",
         "id": 2
        },
        "version": {
         "type": "string",
         "id": 3
        },
        "startedMs": {
         "type": "uint64",
         "id": 4
        },
        "consoles": {
         "keyType": "string",
         "type": "uint32",
         "id": 5
        },
        "viewers": {
         "type": "uint32",
         "id": 6
        },
        "peers": {
         "rule": "repeated",
         "type": "PeerStatus",
         "id": 7
        },
        "logLagMs": {
         "type": "uint32",
         "id": 8
        },
        "gapBytes": {
         "type": "uint64",
         "id": 9
        },
        "residentBytes": {
         "type": "uint64",
         "id": 10
        },
        "trouble": {
         "type": "ErrorDetail",
         "id": 11
        },
        "shards": {
         "rule": "repeated",
         "type": "PeerStatus",
         "id": 12
        },
        "logsStalled": {
         "type": "uint32",
         "id": 13
        },
        "follows": {
         "type": "FollowedHead",
         "id": 14
        },
        "ipmiDropped": {
         "keyType": "string",
         "type": "uint32",
         "id": 15
        }
       }
      },
      "FollowedHead": {
       "fields": {
        "id": {
         "type": "string",
         "id": 1
        },
        "address": {
         "type": "string",
         "id": 2
        },
        "connected": {
         "type": "bool",
         "id": 3
        },
        "asOfMs": {
         "type": "uint64",
         "id": 4
        },
        "cause": {
         "type": "ErrorDetail",
         "id": 5
        }
       }
      },
      "PeerStatus": {
       "fields": {
        "id": {
         "type": "string",
         "id": 1
        },
        "addresses": {
         "rule": "repeated",
         "type": "string",
         "id": 2
        },
        "state": {
         "type": "string",
         "id": 3
        },
        "sinceMs": {
         "type": "uint64",
         "id": 4
        },
        "version": {
         "type": "string",
         "id": 5
        },
        "consoles": {
         "type": "uint32",
         "id": 6
        },
        "cause": {
         "type": "ErrorDetail",
         "id": 7
        }
       }
      },
      "Agent": {
       "methods": {
        "Attach": {
         "requestType": "AttachRequest",
         "requestStream": true,
         "responseType": "AttachResponse",
         "responseStream": true
        },
        "Tail": {
         "requestType": "TailRequest",
         "responseType": "TailResponse",
         "responseStream": true
        },
        "ReadLog": {
         "requestType": "ReadLogRequest",
         "responseType": "ReadLogResponse",
         "responseStream": true
        },
        "List": {
         "requestType": "ListRequest",
         "responseType": "ListResponse",
         "responseStream": true
        },
        "Inspect": {
         "requestType": "InspectRequest",
         "responseType": "ConsoleStatus"
        },
        "Control": {
         "requestType": "ControlRequest",
         "responseType": "ControlResponse"
        },
        "Status": {
         "requestType": "StatusRequest",
         "responseType": "ProcessStatus"
        },
        "Upgrade": {
         "requestType": "UpgradeRequest",
         "responseType": "UpgradeResponse"
        }
       }
      },
      "UpgradeRequest": {
       "fields": {
        "planOnly": {
         "type": "bool",
         "id": 1
        },
        "subject": {
         "type": "string",
         "id": 2
        }
       }
      },
      "UpgradeResponse": {
       "fields": {
        "kept": {
         "rule": "repeated",
         "type": "LinksOfKind",
         "id": 1
        },
        "reconnecting": {
         "rule": "repeated",
         "type": "LinksOfKind",
         "id": 2
        },
        "unconnected": {
         "type": "uint32",
         "id": 3
        },
        "done": {
         "type": "bool",
         "id": 4
        },
        "version": {
         "type": "string",
         "id": 5
        },
        "pid": {
         "type": "uint32",
         "id": 6
        },
        "pauseMs": {
         "type": "uint32",
         "id": 7
        }
       }
      },
      "LinksOfKind": {
       "fields": {
        "transport": {
         "type": "string",
         "id": 1
        },
        "consoles": {
         "type": "ReloadList",
         "id": 2
        }
       }
      },
      "Head": {
       "methods": {
        "Join": {
         "requestType": "JoinReport",
         "requestStream": true,
         "responseType": "JoinReply",
         "responseStream": true
        },
        "Resolve": {
         "requestType": "ResolveRequest",
         "responseType": "ResolveResponse"
        },
        "Attach": {
         "requestType": "AttachRequest",
         "requestStream": true,
         "responseType": "AttachResponse",
         "responseStream": true
        },
        "Tail": {
         "requestType": "TailRequest",
         "responseType": "TailResponse",
         "responseStream": true
        },
        "ReadLog": {
         "requestType": "ReadLogRequest",
         "responseType": "ReadLogResponse",
         "responseStream": true
        },
        "List": {
         "requestType": "ListRequest",
         "responseType": "ListResponse",
         "responseStream": true
        },
        "Watch": {
         "requestType": "WatchRequest",
         "responseType": "WatchResponse",
         "responseStream": true
        },
        "Inspect": {
         "requestType": "InspectRequest",
         "responseType": "ConsoleStatus"
        },
        "Control": {
         "requestType": "ControlRequest",
         "responseType": "ControlResponse"
        },
        "Status": {
         "requestType": "StatusRequest",
         "responseType": "ProcessStatus"
        },
        "Login": {
         "requestType": "LoginRequest",
         "responseType": "LoginResponse"
        },
        "Logout": {
         "requestType": "LogoutRequest",
         "responseType": "LogoutResponse"
        },
        "WhoAmI": {
         "requestType": "WhoAmIRequest",
         "responseType": "WhoAmIResponse"
        },
        "Administer": {
         "requestType": "AdministerRequest",
         "responseType": "AdministerResponse"
        },
        "Enroll": {
         "requestType": "EnrollRequest",
         "responseType": "EnrollResponse"
        },
        "Renew": {
         "requestType": "RenewRequest",
         "responseType": "EnrollResponse"
        },
        "Enrolment": {
         "requestType": "EnrolmentRequest",
         "responseType": "EnrolmentResponse"
        },
        "Define": {
         "requestType": "DefineRequest",
         "responseType": "DefineResponse"
        },
        "Definitions": {
         "requestType": "DefinitionsRequest",
         "responseType": "DefinitionsResponse",
         "responseStream": true
        },
        "Follow": {
         "requestType": "FollowRequest",
         "responseType": "FollowResponse",
         "responseStream": true
        }
       }
      },
      "JoinReport": {
       "oneofs": {
        "message": {
         "oneof": [
          "hello",
          "statuses",
          "synced",
          "heartbeat",
          "assigned"
         ]
        }
       },
       "fields": {
        "hello": {
         "type": "JoinHello",
         "id": 1
        },
        "statuses": {
         "type": "StatusPage",
         "id": 2
        },
        "synced": {
         "type": "Synced",
         "id": 3
        },
        "heartbeat": {
         "type": "JoinHeartbeat",
         "id": 4
        },
        "assigned": {
         "type": "Assigned",
         "id": 5
        }
       }
      },
      "JoinHello": {
       "fields": {
        "agent": {
         "type": "string",
         "id": 1
        },
        "advertise": {
         "rule": "repeated",
         "type": "string",
         "id": 2
        },
        "version": {
         "type": "string",
         "id": 3
        },
        "instance": {
         "type": "string",
         "id": 4
        },
        "wallTimeMs": {
         "type": "uint64",
         "id": 5
        },
        "ticketEpoch": {
         "type": "string",
         "id": 6
        },
        "clockMs": {
         "type": "uint64",
         "id": 7
        },
        "host": {
         "type": "string",
         "id": 8
        },
        "takesAssignments": {
         "type": "bool",
         "id": 9
        },
        "conserverPort": {
         "type": "uint32",
         "id": 10
        },
        "answersHeartbeats": {
         "type": "bool",
         "id": 11
        }
       }
      },
      "Assigned": {
       "fields": {
        "version": {
         "type": "uint64",
         "id": 1
        },
        "refused": {
         "rule": "repeated",
         "type": "ErrorDetail",
         "id": 2
        }
       }
      },
      "StatusPage": {
       "fields": {
        "consoles": {
         "rule": "repeated",
         "type": "ConsoleStatus",
         "id": 1
        },
        "removed": {
         "rule": "repeated",
         "type": "string",
         "id": 2
        }
       }
      },
      "Synced": {
       "fields": {
        "version": {
         "type": "uint64",
         "id": 1
        }
       }
      },
      "JoinHeartbeat": {
       "fields": {
        "wallTimeMs": {
         "type": "uint64",
         "id": 1
        },
        "logLagMs": {
         "type": "uint32",
         "id": 2
        },
        "clockMs": {
         "type": "uint64",
         "id": 3
        },
        "count": {
         "type": "uint32",
         "id": 4
        }
       }
      },
      "JoinReply": {
       "oneofs": {
        "message": {
         "oneof": [
          "welcome",
          "heartbeat",
          "refused",
          "trust",
          "assign"
         ]
        }
       },
       "fields": {
        "welcome": {
         "type": "Welcome",
         "id": 1
        },
        "heartbeat": {
         "type": "JoinHeartbeat",
         "id": 2
        },
        "refused": {
         "type": "End",
         "id": 3
        },
        "trust": {
         "type": "TrustPage",
         "id": 4
        },
        "assign": {
         "type": "AssignPage",
         "id": 5
        }
       }
      },
      "AssignPage": {
       "fields": {
        "version": {
         "type": "uint64",
         "id": 1
        },
        "whole": {
         "type": "bool",
         "id": 2
        },
        "put": {
         "rule": "repeated",
         "type": "Definition",
         "id": 3
        },
        "removed": {
         "rule": "repeated",
         "type": "string",
         "id": 4
        },
        "last": {
         "type": "bool",
         "id": 5
        }
       }
      },
      "Definition": {
       "fields": {
        "name": {
         "type": "string",
         "id": 1
        },
        "epoch": {
         "type": "uint64",
         "id": 2
        },
        "entry": {
         "type": "string",
         "id": 3
        }
       }
      },
      "TrustPage": {
       "fields": {
        "revision": {
         "type": "uint64",
         "id": 1
        },
        "policy": {
         "type": "bytes",
         "id": 2
        },
        "last": {
         "type": "bool",
         "id": 3
        },
        "ticketKeys": {
         "rule": "repeated",
         "type": "bytes",
         "id": 4
        },
        "revoked": {
         "type": "bytes",
         "id": 5
        },
        "revokedSignature": {
         "type": "bytes",
         "id": 6
        }
       }
      },
      "Welcome": {
       "fields": {
        "head": {
         "type": "string",
         "id": 1
        },
        "version": {
         "type": "string",
         "id": 2
        },
        "heartbeatMs": {
         "type": "uint32",
         "id": 3
        }
       }
      },
      "ResolveRequest": {
       "fields": {
        "console": {
         "type": "string",
         "id": 1
        },
        "verbs": {
         "rule": "repeated",
         "type": "string",
         "id": 2
        },
        "clientKey": {
         "type": "bytes",
         "id": 3
        }
       }
      },
      "ResolveResponse": {
       "fields": {
        "owner": {
         "type": "string",
         "id": 1
        },
        "direct": {
         "rule": "repeated",
         "type": "Route",
         "id": 2
        },
        "relay": {
         "type": "bool",
         "id": 3
        },
        "relayTicket": {
         "type": "Ticket",
         "id": 4
        },
        "status": {
         "type": "ConsoleStatus",
         "id": 5
        }
       }
      },
      "Route": {
       "fields": {
        "address": {
         "type": "string",
         "id": 1
        },
        "ticket": {
         "type": "Ticket",
         "id": 2
        }
       }
      },
      "WatchRequest": {
       "fields": {
        "selection": {
         "type": "string",
         "id": 1
        }
       }
      },
      "WatchResponse": {
       "oneofs": {
        "message": {
         "oneof": [
          "statuses",
          "synced",
          "agent",
          "heartbeat",
          "reset"
         ]
        }
       },
       "fields": {
        "statuses": {
         "type": "StatusPage",
         "id": 1
        },
        "synced": {
         "type": "Synced",
         "id": 2
        },
        "agent": {
         "type": "PeerStatus",
         "id": 3
        },
        "heartbeat": {
         "type": "Heartbeat",
         "id": 4
        },
        "reset": {
         "type": "WatchReset",
         "id": 5
        }
       }
      },
      "WatchReset": {
       "fields": {}
      },
      "LoginRequest": {
       "oneofs": {
        "how": {
         "oneof": [
          "password",
          "refreshToken"
         ]
        }
       },
       "fields": {
        "password": {
         "type": "PasswordLogin",
         "id": 1
        },
        "refreshToken": {
         "type": "string",
         "id": 2
        }
       }
      },
      "PasswordLogin": {
       "fields": {
        "user": {
         "type": "string",
         "id": 1
        },
        "password": {
         "type": "string",
         "id": 2
        }
       }
      },
      "LoginResponse": {
       "fields": {
        "subject": {
         "type": "string",
         "id": 1
        },
        "accessToken": {
         "type": "string",
         "id": 2
        },
        "accessMs": {
         "type": "uint32",
         "id": 3
        },
        "refreshToken": {
         "type": "string",
         "id": 4
        },
        "untilMs": {
         "type": "uint64",
         "id": 5
        }
       }
      },
      "LogoutRequest": {
       "fields": {
        "refreshToken": {
         "type": "string",
         "id": 1
        }
       }
      },
      "LogoutResponse": {
       "fields": {}
      },
      "WhoAmIRequest": {
       "fields": {}
      },
      "WhoAmIResponse": {
       "fields": {
        "subject": {
         "type": "string",
         "id": 1
        },
        "verbs": {
         "rule": "repeated",
         "type": "string",
         "id": 2
        }
       }
      },
      "AdministerRequest": {
       "oneofs": {
        "action": {
         "oneof": [
          "editUser",
          "removeUser",
          "putRole",
          "removeRole",
          "editBinding",
          "createApiToken",
          "removeApiToken",
          "revoke",
          "show"
         ]
        }
       },
       "fields": {
        "editUser": {
         "type": "UserEdit",
         "id": 1
        },
        "removeUser": {
         "type": "string",
         "id": 2
        },
        "putRole": {
         "type": "RoleText",
         "id": 3
        },
        "removeRole": {
         "type": "string",
         "id": 4
        },
        "editBinding": {
         "type": "BindingEdit",
         "id": 5
        },
        "createApiToken": {
         "type": "ApiTokenEdit",
         "id": 6
        },
        "removeApiToken": {
         "type": "string",
         "id": 7
        },
        "revoke": {
         "type": "string",
         "id": 8
        },
        "show": {
         "type": "ShowPolicy",
         "id": 9
        }
       }
      },
      "UserEdit": {
       "fields": {
        "name": {
         "type": "string",
         "id": 1
        },
        "create": {
         "type": "bool",
         "id": 2
        },
        "password": {
         "type": "string",
         "id": 3
        },
        "addGroups": {
         "rule": "repeated",
         "type": "string",
         "id": 4
        },
        "removeGroups": {
         "rule": "repeated",
         "type": "string",
         "id": 5
        }
       }
      },
      "RoleText": {
       "fields": {
        "name": {
         "type": "string",
         "id": 1
        },
        "rules": {
         "rule": "repeated",
         "type": "RoleRule",
         "id": 2
        }
       }
      },
      "RoleRule": {
       "fields": {
        "effect": {
         "type": "string",
         "id": 1
        },
        "verbs": {
         "rule": "repeated",
         "type": "string",
         "id": 2
        },
        "consoles": {
         "type": "string",
         "id": 3
        },
        "agents": {
         "rule": "repeated",
         "type": "string",
         "id": 4
        }
       }
      },
      "BindingEdit": {
       "fields": {
        "to": {
         "type": "string",
         "id": 1
        },
        "addRoles": {
         "rule": "repeated",
         "type": "string",
         "id": 2
        },
        "removeRoles": {
         "rule": "repeated",
         "type": "string",
         "id": 3
        }
       }
      },
      "ApiTokenEdit": {
       "fields": {
        "user": {
         "type": "string",
         "id": 1
        },
        "note": {
         "type": "string",
         "id": 2
        },
        "ttlMs": {
         "type": "uint64",
         "id": 3
        }
       }
      },
      "ShowPolicy": {
       "fields": {}
      },
      "AdministerResponse": {
       "fields": {
        "users": {
         "rule": "repeated",
         "type": "UserInfo",
         "id": 1
        },
        "roles": {
         "rule": "repeated",
         "type": "RoleText",
         "id": 2
        },
        "bindings": {
         "rule": "repeated",
         "type": "BindingInfo",
         "id": 3
        },
        "token": {
         "type": "string",
         "id": 4
        },
        "apiTokens": {
         "rule": "repeated",
         "type": "ApiTokenInfo",
         "id": 5
        },
        "unlisted": {
         "type": "uint32",
         "id": 6
        }
       }
      },
      "UserInfo": {
       "fields": {
        "name": {
         "type": "string",
         "id": 1
        },
        "groups": {
         "rule": "repeated",
         "type": "string",
         "id": 2
        },
        "hasPassword": {
         "type": "bool",
         "id": 3
        }
       }
      },
      "BindingInfo": {
       "fields": {
        "to": {
         "type": "string",
         "id": 1
        },
        "roles": {
         "rule": "repeated",
         "type": "string",
         "id": 2
        }
       }
      },
      "ApiTokenInfo": {
       "fields": {
        "id": {
         "type": "string",
         "id": 1
        },
        "user": {
         "type": "string",
         "id": 2
        },
        "note": {
         "type": "string",
         "id": 3
        },
        "createdMs": {
         "type": "uint64",
         "id": 4
        },
        "untilMs": {
         "type": "uint64",
         "id": 5
        }
       }
      },
      "EnrollRequest": {
       "fields": {
        "tokenId": {
         "type": "string",
         "id": 1
        },
        "secret": {
         "type": "string",
         "id": 2
        },
        "request": {
         "type": "bytes",
         "id": 3
        }
       }
      },
      "RenewRequest": {
       "fields": {
        "request": {
         "type": "bytes",
         "id": 1
        }
       }
      },
      "EnrollResponse": {
       "fields": {
        "certificate": {
         "type": "string",
         "id": 1
        },
        "machines": {
         "type": "string",
         "id": 2
        },
        "users": {
         "type": "string",
         "id": 3
        },
        "pendingFingerprint": {
         "type": "string",
         "id": 4
        }
       }
      },
      "EnrolmentRequest": {
       "oneofs": {
        "action": {
         "oneof": [
          "createToken",
          "removeToken",
          "list",
          "approve",
          "unlock",
          "revoke"
         ]
        }
       },
       "fields": {
        "createToken": {
         "type": "CreateToken",
         "id": 1
        },
        "removeToken": {
         "type": "string",
         "id": 2
        },
        "list": {
         "type": "ListEnrolment",
         "id": 3
        },
        "approve": {
         "type": "ApproveMachine",
         "id": 4
        },
        "unlock": {
         "type": "EnrolledName",
         "id": 5
        },
        "revoke": {
         "type": "EnrolledName",
         "id": 6
        }
       }
      },
      "CreateToken": {
       "fields": {
        "machine": {
         "type": "EnrolledName",
         "id": 1
        },
        "ttlMs": {
         "type": "uint64",
         "id": 2
        },
        "consoles": {
         "type": "string",
         "id": 3
        },
        "cidrs": {
         "rule": "repeated",
         "type": "string",
         "id": 4
        },
        "rejoinKey": {
         "type": "bytes",
         "id": 5
        },
        "rejoinApproval": {
         "type": "bool",
         "id": 6
        }
       }
      },
      "EnrolledName": {
       "fields": {
        "kind": {
         "type": "string",
         "id": 1
        },
        "id": {
         "type": "string",
         "id": 2
        }
       }
      },
      "ListEnrolment": {
       "fields": {}
      },
      "ApproveMachine": {
       "fields": {
        "machine": {
         "type": "EnrolledName",
         "id": 1
        },
        "fingerprint": {
         "type": "string",
         "id": 2
        }
       }
      },
      "EnrolmentResponse": {
       "fields": {
        "token": {
         "type": "string",
         "id": 1
        },
        "expiresMs": {
         "type": "uint64",
         "id": 2
        },
        "tokens": {
         "rule": "repeated",
         "type": "EnrolmentToken",
         "id": 3
        },
        "machines": {
         "rule": "repeated",
         "type": "EnrolledMachine",
         "id": 4
        },
        "pending": {
         "rule": "repeated",
         "type": "PendingMachine",
         "id": 5
        }
       }
      },
      "EnrolmentToken": {
       "fields": {
        "id": {
         "type": "string",
         "id": 1
        },
        "machine": {
         "type": "EnrolledName",
         "id": 2
        },
        "createdMs": {
         "type": "uint64",
         "id": 3
        },
        "expiresMs": {
         "type": "uint64",
         "id": 4
        },
        "consoles": {
         "type": "string",
         "id": 5
        },
        "cidrs": {
         "rule": "repeated",
         "type": "string",
         "id": 6
        },
        "rejoin": {
         "type": "string",
         "id": 7
        },
        "used": {
         "type": "bool",
         "id": 8
        }
       }
      },
      "EnrolledMachine": {
       "fields": {
        "machine": {
         "type": "EnrolledName",
         "id": 1
        },
        "state": {
         "type": "string",
         "id": 2
        },
        "why": {
         "type": "string",
         "id": 3
        },
        "sinceMs": {
         "type": "uint64",
         "id": 4
        },
        "generation": {
         "type": "uint32",
         "id": 5
        },
        "notAfterMs": {
         "type": "uint64",
         "id": 6
        },
        "consoles": {
         "type": "string",
         "id": 7
        }
       }
      },
      "PendingMachine": {
       "fields": {
        "machine": {
         "type": "EnrolledName",
         "id": 1
        },
        "fingerprint": {
         "type": "string",
         "id": 2
        },
        "address": {
         "type": "string",
         "id": 3
        },
        "sinceMs": {
         "type": "uint64",
         "id": 4
        }
       }
      },
      "FollowRequest": {
       "fields": {
        "digest": {
         "type": "bytes",
         "id": 1
        }
       }
      },
      "FollowResponse": {
       "oneofs": {
        "message": {
         "oneof": [
          "lines",
          "statement"
         ]
        }
       },
       "fields": {
        "lines": {
         "type": "bytes",
         "id": 1
        },
        "statement": {
         "type": "StoreStatement",
         "id": 2
        }
       }
      },
      "StoreStatement": {
       "fields": {
        "body": {
         "type": "bytes",
         "id": 1
        },
        "signature": {
         "type": "bytes",
         "id": 2
        },
        "whole": {
         "type": "bool",
         "id": 3
        }
       }
      },
      "DefineRequest": {
       "oneofs": {
        "action": {
         "oneof": [
          "put",
          "remove",
          "move"
         ]
        }
       },
       "fields": {
        "put": {
         "type": "PutDefinition",
         "id": 1
        },
        "remove": {
         "type": "string",
         "id": 2
        },
        "move": {
         "type": "MoveDefinitions",
         "id": 3
        }
       }
      },
      "PutDefinition": {
       "fields": {
        "agent": {
         "type": "string",
         "id": 1
        },
        "entry": {
         "type": "string",
         "id": 2
        },
        "ifRevision": {
         "type": "uint64",
         "id": 3
        }
       }
      },
      "MoveDefinitions": {
       "fields": {
        "consoles": {
         "type": "string",
         "id": 1
        },
        "to": {
         "type": "string",
         "id": 2
        },
        "force": {
         "type": "bool",
         "id": 3
        }
       }
      },
      "DefineResponse": {
       "fields": {
        "done": {
         "rule": "repeated",
         "type": "string",
         "id": 1
        },
        "doneCount": {
         "type": "uint32",
         "id": 2
        },
        "waiting": {
         "rule": "repeated",
         "type": "string",
         "id": 3
        },
        "waitingCount": {
         "type": "uint32",
         "id": 4
        },
        "errors": {
         "rule": "repeated",
         "type": "ErrorDetail",
         "id": 5
        }
       }
      },
      "DefinitionsRequest": {
       "fields": {
        "selection": {
         "type": "string",
         "id": 1
        }
       }
      },
      "DefinitionsResponse": {
       "fields": {
        "consoles": {
         "rule": "repeated",
         "type": "DefinedConsole",
         "id": 1
        }
       }
      },
      "DefinedConsole": {
       "fields": {
        "name": {
         "type": "string",
         "id": 1
        },
        "agent": {
         "type": "string",
         "id": 2
        },
        "source": {
         "type": "string",
         "id": 3
        },
        "entry": {
         "type": "string",
         "id": 4
        },
        "revision": {
         "type": "uint64",
         "id": 5
        },
        "by": {
         "type": "string",
         "id": 6
        },
        "atMs": {
         "type": "uint64",
         "id": 7
        },
        "claimedBy": {
         "type": "string",
         "id": 8
        },
        "epoch": {
         "type": "uint64",
         "id": 9
        },
        "trouble": {
         "type": "ErrorDetail",
         "id": 10
        }
       }
      }
     }
    }
   }
  }
 }
};
