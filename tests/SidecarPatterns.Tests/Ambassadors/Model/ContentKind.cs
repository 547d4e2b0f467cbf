namespace SidecarPatterns.Tests;

/// <summary>The contents of the table of sends.</summary>
public enum ContentKind
{
    /// <summary>No content.</summary>
    None,
    Bytes,
    Text,
    Form,
    Json,
    JsonOfAsyncSequence,
    SeekableStream,
    SmallOneShot,
    OneShotOfUnknownLength,
    MultipartOfBytes,
    MultipartOfForm,
    MultipartOfJson,
    MultipartOfAsyncSequence,
    MultipartOfSeekableStream,
    MultipartOfSmallOneShot,
    MultipartOfOneShotOfUnknownLength,
}
