namespace SidecarPatterns;

/// <summary>The files of the log agent: JSON, a line for each line.</summary>
public sealed class LogFileOptions
{
    /// <summary>Whether there is a file.</summary>
    /// <value><see langword="true"/> by default. Without one, lines go to the other sinks alone.</value>
    public bool Enabled { get; set; } = LogSidecarConstants.FileEnabled;

    /// <summary>The folder; made where it is missing.</summary>
    /// <value><c>logs</c> by default, below the content root of the host; any other relative path is below that too.</value>
    public string Folder { get; set; } = LogSidecarConstants.Folder;

    /// <summary>What the names of the files begin with; the day follows.</summary>
    /// <value>
    /// <see langword="null"/> by default: the name of the application. A second process of the same name writes to <c>name+2-...</c>, and so on: no two ever
    /// write to one file.
    /// </value>
    public string? Name { get; set; }

    /// <summary>How large a file may become, in bytes, before the next one is begun; a line that is longer has a file of its own.</summary>
    /// <value>104,857,600 by default (100 MiB); from 1,024 to 1,099,511,627,776. A new day (UTC) begins a new file in any case.</value>
    public long MaxBytes { get; set; } = LogSidecarConstants.MaxBytes;

    /// <summary>How many files are kept, the current one included; the oldest are deleted.</summary>
    /// <value>31 by default; from 1 to 100,000.</value>
    public int MaxFiles { get; set; } = LogSidecarConstants.MaxFiles;

    /// <summary>How many bytes all files may have together; the oldest are deleted, but never the current one.</summary>
    /// <value>1,073,741,824 by default (1 GiB); from 1,024 to 1,099,511,627,776.</value>
    public long MaxTotalBytes { get; set; } = LogSidecarConstants.MaxTotalBytes;

    /// <summary>How old a file may become, by its last line; older ones are deleted.</summary>
    /// <value><see langword="null"/> by default: any age; otherwise more than zero, at most 36,500 days.</value>
    public TimeSpan? MaxAge { get; set; }

    /// <summary>Whether files that are done are compressed, with gzip.</summary>
    /// <value><see langword="false"/> by default.</value>
    public bool Compress { get; set; }
}
