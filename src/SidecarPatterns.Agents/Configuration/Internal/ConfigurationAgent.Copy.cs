namespace SidecarPatterns;

/// <content>The copy on disk.</content>
internal sealed partial class ConfigurationAgent
{
    /// <summary>The copy, if one is kept and there is one.</summary>
    /// <param name="problem">What is wrong with it.</param>
    public VersionCopy? ReadCopy(out string? problem)
    {
        problem = null;
        return OpenCopy()?.Read(out problem);
    }

    private CopyOnDisk? OpenCopy() => Options.CopyFile is { } file
        ? new CopyOnDisk(ContentRoot.PathOf(file, Environment), Origin.Identify(Environment))
        : null;

    /// <summary>Writes the version in force, unless it was written there.</summary>
    private void WriteCopyIfDue()
    {
        if (Version == 0 || (!_isCopyDue && Options.CopyFile == _copiedTo))
        {
            return;
        }

        string? problem = null;
        try
        {
            OpenCopy()?.Write(_table, _account.Shown.Revision, _clock.GetUtcNow());
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problem = $"{exception.GetType().Name}: {exception.Message}"; // It names the file.
        }
#pragma warning disable CA1031 // Whatever it is, the version is in force, and looks go on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            problem = exception.GetType().Name;
        }

        _isCopyDue = problem is not null;
        _copiedTo = Options.CopyFile;
        if (_account.SetCopyError(problem) && problem is not null)
        {
            Log(logger => ConfigurationAgentLog.CopyNotWritten(logger, Name, problem));
        }
    }
}
