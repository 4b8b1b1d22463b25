// From proto/confed/v1/console.proto

import type { PeerStatus as _confed_v1_PeerStatus, PeerStatusReceived as _confed_v1_PeerStatusReceived } from '../../confed/v1/PeerStatus.ts';
import type { ErrorDetail as _confed_v1_ErrorDetail, ErrorDetailReceived as _confed_v1_ErrorDetailReceived } from '../../confed/v1/ErrorDetail.ts';
import type { FollowedHead as _confed_v1_FollowedHead, FollowedHeadReceived as _confed_v1_FollowedHeadReceived } from '../../confed/v1/FollowedHead.ts';
import type { Long } from '@grpc/proto-loader';

export interface ProcessStatus {
  'role'?: (string);
  'id'?: (string);
  'version'?: (string);
  'startedMs'?: (number | string | Long);
  'consoles'?: ({[key: string]: number});
  'viewers'?: (number);
  'peers'?: (_confed_v1_PeerStatus)[];
  'logLagMs'?: (number);
  'gapBytes'?: (number | string | Long);
  'residentBytes'?: (number | string | Long);
  'trouble'?: (_confed_v1_ErrorDetail | null);
  'shards'?: (_confed_v1_PeerStatus)[];
  'logsStalled'?: (number);
  'follows'?: (_confed_v1_FollowedHead | null);
  'ipmiDropped'?: ({[key: string]: number});
}

export interface ProcessStatusReceived {
  'role': (string);
  'id': (string);
  'version': (string);
  'startedMs': (number);
  'consoles': ({[key: string]: number});
  'viewers': (number);
  'peers': (_confed_v1_PeerStatusReceived)[];
  'logLagMs': (number);
  'gapBytes': (number);
  'residentBytes': (number);
  'trouble': (_confed_v1_ErrorDetailReceived | null);
  'shards': (_confed_v1_PeerStatusReceived)[];
  'logsStalled': (number);
  'follows': (_confed_v1_FollowedHeadReceived | null);
  'ipmiDropped': ({[key: string]: number});
}
