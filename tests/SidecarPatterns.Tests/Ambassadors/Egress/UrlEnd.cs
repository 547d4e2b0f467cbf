namespace SidecarPatterns.Tests;

/// <summary>What is to come of a URL.</summary>
internal enum UrlEnd
{
    /// <summary>It is called, and answers.</summary>
    Answers,

    /// <summary>It is called, and the other side is silent when TLS is to begin.</summary>
    IsSilent,

    /// <summary>It is called, and the other side does not speak TLS.</summary>
    SpeaksPlain,

    /// <summary>It leads nowhere: the response that named it is returned.</summary>
    IsNotFollowed,

    /// <summary>It is refused for its text.</summary>
    IsRefused,

    /// <summary>It is refused for where its name leads.</summary>
    IsRefusedWhenDialled,
}
