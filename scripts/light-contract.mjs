// @ts-check
// In the bundles of our programs this stands in for `@grpc/proto-loader`, of which the house calls
// `fromJSON` alone: the same codecs of protobufjs, but without a descriptor of every message and
// with each codec made when it is first used. That is 30 ms of every start.
import protobuf from "protobufjs/light.js";

/** @param {import("protobufjs").INamespace} json @param {import("protobufjs").IConversionOptions} options */
export function fromJSON(json, options) {
  /** @type {Record<string, object>} */
  const definitions = {};
  /** @param {import("protobufjs").NamespaceBase} space @param {string} prefix */
  const walk = (space, prefix) => {
    for (const found of space.nestedArray) {
      const name = `${prefix}${found.name}`;
      if (found instanceof protobuf.Service) definitions[name] = serviceOf(found, name, options);
      else if (found instanceof protobuf.Type) definitions[name] = codecOf(found, options);
      else if (found instanceof protobuf.Namespace) walk(found, `${name}.`);
    }
  };
  walk(protobuf.Root.fromJSON(json), "");
  return definitions;
}

/** @param {protobuf.Service} service @param {string} name @param {protobuf.IConversionOptions} options */
function serviceOf(service, name, options) {
  return Object.fromEntries(
    service.methodsArray.map((method) => {
      const request = codecOf(service.lookupType(method.requestType), options);
      const response = codecOf(service.lookupType(method.responseType), options);
      return [
        method.name,
        {
          path: `/${name}/${method.name}`,
          requestStream: method.requestStream === true,
          responseStream: method.responseStream === true,
          requestSerialize: request.serialize,
          requestDeserialize: request.deserialize,
          responseSerialize: response.serialize,
          responseDeserialize: response.deserialize,
        },
      ];
    }),
  );
}

/** @param {protobuf.Type} type @param {protobuf.IConversionOptions} options */
function codecOf(type, options) {
  return {
    format: "Protocol Buffer 3 DescriptorProto",
    /** @param {object} message */
    serialize: (message) => type.encode(type.fromObject(message)).finish(),
    /** @param {Uint8Array} bytes */
    deserialize: (bytes) => type.toObject(type.decode(bytes), options),
  };
}
