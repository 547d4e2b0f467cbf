namespace SidecarPatterns;

/// <summary>What an ambassador keeps of requests, and reads of responses, so that an attempt can be repeated.</summary>
public sealed class AmbassadorContentOptions
{
    /// <summary>Up to how many bytes the content of a request that can be sent once only is kept, so that it can be sent again.</summary>
    /// <value>65,536 by default; from 0 to 1 GiB. Only where its length is known, and the request may be retried.</value>
    public int BufferRequestsUpTo { get; set; } = AmbassadorContentConstants.BufferRequestsUpTo;

    /// <summary>Up to how many bytes a response's body is read within the attempt, so that one that is cut off can be repeated.</summary>
    /// <value>65,536 by default; from 0 to 1 GiB.</value>
    public int BufferResponsesUpTo { get; set; } = AmbassadorContentConstants.BufferResponsesUpTo;

    /// <summary>How long, from its headers on, a response's body of unknown length is read within the attempt before it is handed over as it comes.</summary>
    /// <value>100 ms by default; from zero to 49 days. Not for types that are made to stream, such as <c>text/event-stream</c>.</value>
    public TimeSpan BufferResponsesFor { get; set; } = AmbassadorContentConstants.BufferResponsesFor;

    /// <summary>How long a read of a response's body that was handed over may wait for the next byte.</summary>
    /// <value>
    /// 30 s by default; more than zero, at most 49 days. <see langword="null"/> for no limit, as <c>text/event-stream</c> has none. A request can have its
    /// own: <see cref="AmbassadorRequestOptions.BodyIdleTimeout"/>.
    /// </value>
    public TimeSpan? BodyIdleTimeout { get; set; } = AmbassadorContentConstants.BodyIdleTimeout;

    /// <summary>How many bytes a second a response's body that was handed over must bring while it is read, on average from its fifth second on.</summary>
    /// <value><see langword="null"/> by default: any; otherwise above 0.</value>
    public double? MinimumBodyRate { get; set; }

    /// <summary>How many bytes a response's body may have, decompressed.</summary>
    /// <value><see langword="null"/> by default: no limit but that of <see cref="HttpClient.MaxResponseContentBufferSize"/>; otherwise from 0.</value>
    public long? MaxResponseSize { get; set; }

    /// <summary>Beyond how many bytes of request content the attempt timeout starts again with each part that is sent.</summary>
    /// <value>1,048,576 by default; from 0 to 1 GiB. Where the length is not known it is what was sent so far that counts.</value>
    public int LargeUploadFrom { get; set; } = AmbassadorContentConstants.LargeUploadFrom;
}
